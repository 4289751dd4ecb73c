using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Profiles.History;

/// <summary>A range of offsets in a partition of events.identified.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="From">The first offset.</param>
/// <param name="Until">The offset after the last one.</param>
public sealed record HistoryRange(int Partition, long From, long Until);

/// <summary>How far back the log reached when a range was read.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="From">The first offset of the range that was still retained.</param>
/// <param name="At">The time at which the first record from there on was appended; null if there is none.</param>
public sealed record HistoryReach(int Partition, long From, DateTime? At);

/// <summary>Reads retained events again, one partition after the other, without keeping them in memory.</summary>
public sealed class EventHistory(KafkaOptions kafka, AvroCodec codec)
{
    /// <summary>The current end offsets of events.identified, sorted. They include records of transactions that are still open.</summary>
    public IList<RecordPosition> Ends()
    {
        using var ends = new PartitionEnds(kafka);
        return [.. ends.Of(Topics.EventsIdentified).OrderBy(end => end.Key.Partition.Value)
            .Select(end => new RecordPosition { topic = end.Key.Topic, partition = end.Key.Partition.Value, offset = end.Value })];
    }

    /// <summary>
    /// Reads the committed events with the given keys, in order within each partition. Waits until all transactions with records in the ranges have ended.
    /// </summary>
    /// <param name="ranges">The ranges to read.</param>
    /// <param name="keys">The profile ids under which the events are stored; null for all.</param>
    /// <param name="apply">Gets each event with its position.</param>
    /// <param name="stopping">Cancels the read.</param>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is unavailable.</exception>
    public IReadOnlyList<HistoryReach> Read(
        IReadOnlyList<HistoryRange> ranges, IReadOnlySet<string>? keys, Action<IdentifiedEvent, RecordPosition> apply, CancellationToken stopping)
    {
        using var reader = new PartitionReader(kafka, "history-reader");
        return [.. ranges.Where(range => range.From < range.Until).Select(range => Read(reader, range, keys, apply, stopping))];
    }

    private string Topic => kafka.NameOf(Topics.EventsIdentified);

    private HistoryReach Read(
        PartitionReader reader, HistoryRange range, IReadOnlySet<string>? keys, Action<IdentifiedEvent, RecordPosition> apply, CancellationToken stopping)
    {
        var partition = kafka.PartitionOf(Topics.EventsIdentified, range.Partition);
        var low = FirstRetained();
        var at = (DateTime?)null;
        reader.Start(partition, Math.Max(low, range.From));
        while (reader.Position < range.Until)
        {
            if (reader.Next(stopping) is not { } record || record.Offset.Value >= range.Until) continue;
            at ??= record.Message.Timestamp.UtcDateTime;
            if (keys?.Contains(record.Message.Key ?? "") == false || codec.DecodeOrNull<IdentifiedEvent>(record) is not { } identified) continue;
            apply(identified, new RecordPosition { topic = Topic, partition = range.Partition, offset = record.Offset.Value });
        }
        // Retention may have removed the beginning of the range during the read.
        return new HistoryReach(range.Partition, Math.Max(range.From, Math.Max(low, FirstRetained())), at);

        long FirstRetained() => reader.Range(partition, stopping).Low.Value;
    }
}
