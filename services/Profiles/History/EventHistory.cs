using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Profiles.History;

/// <summary>A part of a partition of events.identified.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="From">The first offset.</param>
/// <param name="Until">The offset behind the last.</param>
public sealed record HistoryRange(int Partition, long From, long Until);

/// <summary>How far back the log reached.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="From">The first offset that was still there, or was asked for.</param>
/// <param name="At">When the first record behind it was appended; null where there is none.</param>
public sealed record HistoryReach(int Partition, long From, DateTime? At);

/// <summary>Reads retained events once more, a partition after the other, each record held only while it is handed over.</summary>
public sealed class EventHistory(KafkaOptions kafka, AvroCodec codec)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Where the partitions of events.identified end now, behind everything appended, whether its transaction is committed or open. Sorted.</summary>
    public IList<RecordPosition> Ends() => [.. Marks(Topics.EventsIdentified).Select((mark, partition) => new RecordPosition { topic = Topic, partition = partition, offset = mark.High.Value })];

    /// <summary>Hands over the committed events under the given keys, of each partition in their order. It returns when everything before the ranges' ends is decided.</summary>
    /// <param name="ranges">What to read.</param>
    /// <param name="keys">The profiles under which the events stand; null for all.</param>
    /// <param name="apply">Gets each event with its position.</param>
    /// <param name="stopping">Ends it.</param>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    public IReadOnlyList<HistoryReach> Read(IReadOnlyList<HistoryRange> ranges, IReadOnlySet<string>? keys, Action<IdentifiedEvent, RecordPosition> apply, CancellationToken stopping)
    {
        using var consumer = new ConsumerBuilder<string?, byte[]?>(kafka.Consumer("history-reader")).SetKeyDeserializer(Keys.Deserializer).SetLogHandler((_, _) => { }).Build();
        return [.. ranges.Where(range => range.From < range.Until).Select(range => Read(consumer, range, keys, apply, stopping))];
    }

    private string Topic => kafka.TopicPrefix + Topics.EventsIdentified.Name;

    private HistoryReach Read(IConsumer<string?, byte[]?> consumer, HistoryRange range, IReadOnlySet<string>? keys, Action<IdentifiedEvent, RecordPosition> apply, CancellationToken stopping)
    {
        var partition = new TopicPartition(Topic, range.Partition);
        var low = consumer.QueryWatermarkOffsets(partition, Patience).Low.Value;
        var (position, at) = (Math.Max(low, range.From), (DateTime?)null);
        consumer.Assign(new TopicPartitionOffset(partition, position));
        while (position < range.Until)
        {
            var result = consumer.Consume(stopping);
            // The end is told with the position behind the markers of transactions, which are no records.
            position = result.IsPartitionEOF ? result.Offset.Value : result.Offset.Value + 1;
            if (result.IsPartitionEOF || result.Offset.Value >= range.Until) continue;
            at ??= result.Message.Timestamp.UtcDateTime;
            if (keys?.Contains(result.Message.Key ?? "") == false || Decoded(result.Message.Value) is not { } identified) continue;
            apply(identified, new RecordPosition { topic = Topic, partition = range.Partition, offset = result.Offset.Value });
        }
        // Retention may have passed the beginning while it was read.
        return new HistoryReach(range.Partition, Math.Max(Math.Max(low, consumer.QueryWatermarkOffsets(partition, Patience).Low.Value), range.From), at);
    }

    // What cannot be decoded went to the dead topic when it was first read, and was never folded.
    private IdentifiedEvent? Decoded(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : codec.Decode(bytes) as IdentifiedEvent;
        }
        catch (Avro.AvroException)
        {
            return null;
        }
    }

    private IEnumerable<WatermarkOffsets> Marks(Topic topic)
    {
        // A client that reads committed is answered the last stable offset, which lies before what is open.
        var config = kafka.Consumer("history-reader");
        config.IsolationLevel = IsolationLevel.ReadUncommitted;
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
        return [.. Enumerable.Range(0, kafka.Partitions).Select(partition => consumer.QueryWatermarkOffsets(new TopicPartition(kafka.TopicPrefix + topic.Name, partition), Patience))];
    }
}
