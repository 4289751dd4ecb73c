using System.Diagnostics;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Confluent.Kafka;

namespace Cdp.Fanout.History;

/// <summary>A page that was read.</summary>
/// <param name="Scanned">The number of records that were looked at.</param>
/// <param name="Next">The source and the offset at which the next page begins; null if this was the last page.</param>
public sealed record PageEnd(int Scanned, (PageSource Source, long Offset)? Next)
{
    /// <summary>The cursor of the next page; null if this was the last page.</summary>
    public Cursor? CursorOf(Period period, string query) =>
        Next is var (source, offset) ? new Cursor(source.Topic.Name, source.Partition, offset, period, query) : null;
}

/// <summary>
/// Reads records of many partitions in pages: partition after partition, each in its order. A page ends when enough records were selected, and also when many
/// were looked at, so that a request takes a few seconds at most however few of the records match.
/// </summary>
/// <param name="kafka">The cluster.</param>
public sealed class PageReader(KafkaOptions kafka)
{
    private const string Group = "fanout-history";
    private const int MaxScanned = 50_000;
    private const int MaxSelectedBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxCompactedTime = TimeSpan.FromSeconds(20);

    /// <summary>Reads a page.</summary>
    /// <param name="request">Which records.</param>
    /// <param name="select">Called with each record in order; returns whether it is selected, and so counts towards the limit.</param>
    /// <param name="stopping">Ends the reading between two records.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    /// <exception cref="TimeoutException">A compacted partition is too long.</exception>
    public Task<PageEnd> ReadAsync(PageRequest request, Func<PageSource, ConsumeResult<string?, byte[]?>, bool> select, CancellationToken stopping) =>
        BlockingCalls.RunAsync(() => Read(request, select, stopping));

    /// <summary>The number of keys that have a value in a compacted topic.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public Task<int> CountAsync(Topic topic, CancellationToken stopping) => BlockingCalls.RunAsync(() =>
    {
        var started = Stopwatch.GetTimestamp();
        using var reader = new PartitionReader(kafka, Group);
        return kafka.PartitionsOf(topic).Sum(partition =>
            LiveOffsets(reader, partition, reader.Range(partition, stopping), MaxTime - Stopwatch.GetElapsedTime(started), stopping).Count);
    });

    /// <summary>A single record; null if there is none at the offset.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public Task<ConsumeResult<string?, byte[]?>?> FindAsync(PageSource source, long offset, CancellationToken stopping) => BlockingCalls.RunAsync(() =>
    {
        using var reader = new PartitionReader(kafka, Group);
        var partition = kafka.PartitionOf(source.Topic, source.Partition);
        var range = reader.Range(partition, stopping);
        if (offset < range.Low.Value || offset >= range.High.Value) return null;
        reader.Start(partition, offset);
        while (reader.Position <= offset)
        {
            if (reader.Next(stopping) is { } record && record.Offset.Value == offset && record.Message.Value is not null) return record;
        }
        return null;
    });

    private PageEnd Read(PageRequest request, Func<PageSource, ConsumeResult<string?, byte[]?>, bool> select, CancellationToken stopping)
    {
        var (scanned, selected, bytes, started) = (0, 0, 0L, Stopwatch.GetTimestamp());
        using var reader = new PartitionReader(kafka, Group);
        var from = request.From?.Offset;
        foreach (var source in request.Remaining ?? [])
        {
            var partition = kafka.PartitionOf(source.Topic, source.Partition);
            var range = reader.Range(partition, stopping);
            var isCompacted = source.Topic.Cleanup == Cleanup.Compact;
            var live = isCompacted ? LiveOffsets(reader, partition, range, MaxCompactedTime, stopping) : null;
            var end = isCompacted ? range.High.Value : OffsetAt(reader, partition, request.Appended.Until) ?? range.High.Value;
            var first = from ?? (isCompacted ? range.Low.Value : OffsetAt(reader, partition, request.Appended.Since) ?? range.High.Value);
            from = null;
            reader.Start(partition, Math.Max(first, range.Low.Value));
            while (reader.Position < Math.Min(end, range.High.Value))
            {
                if (selected >= request.Limit || scanned >= MaxScanned || bytes >= MaxSelectedBytes || Stopwatch.GetElapsedTime(started) > MaxTime)
                    return new PageEnd(scanned, (source, reader.Position));
                if (reader.Next(stopping) is not { } record) continue;
                if (record.Offset.Value >= end || live?.Contains(record.Offset.Value) == false || record.Message.Value is not { } value) continue;
                scanned++;
                if (!select(source, record)) continue;
                selected++;
                bytes += value.Length;
            }
        }
        return new PageEnd(scanned, null);
    }

    // Kafka gives times before 1970, which are negative, other meanings.
    private static long? OffsetAt(PartitionReader reader, TopicPartition partition, DateTime time) =>
        reader.OffsetAt(partition, time < DateTime.UnixEpoch ? DateTime.UnixEpoch : time);

    // Compaction runs now and then: until it does, only reading the whole partition shows which records are the last of their keys.
    private static HashSet<long> LiveOffsets(
        PartitionReader reader, TopicPartition partition, WatermarkOffsets range, TimeSpan within, CancellationToken stopping)
    {
        var (offsets, started) = (new Dictionary<string, long>(StringComparer.Ordinal), Stopwatch.GetTimestamp());
        reader.Start(partition, range.Low.Value);
        while (reader.Position < range.High.Value)
        {
            if (Stopwatch.GetElapsedTime(started) > within) throw new TimeoutException($"{partition} could not be read in time");
            if (reader.Next(stopping) is not { } record) continue;
            if (record.Message.Value is null) offsets.Remove(record.Message.Key ?? "");
            else offsets[record.Message.Key ?? ""] = record.Offset.Value;
        }
        return [.. offsets.Values];
    }
}
