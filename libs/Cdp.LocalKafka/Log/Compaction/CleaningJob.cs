using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>Everything that a cleaning of one log needs to know about it. It does not change while the cleaning runs.</summary>
internal sealed record CleaningJob
{
    /// <summary>The log's own directory, where the cleaned files are written.</summary>
    public required string Directory { get; init; }

    /// <summary>The segments from the first one of the log to the last one that can be cleaned (see <see cref="Cleanability"/>), without gaps.</summary>
    public required IReadOnlyList<ClosedSegment> Segments { get; init; }

    /// <summary>Where the last cleaning stopped. Before this offset, no two records have the same key.</summary>
    public required long FirstDirty { get; init; }

    /// <summary>The aborted transactions with records in the segments.</summary>
    public required IReadOnlyList<AbortedTransaction> Aborted { get; init; }

    /// <summary>The producers whose state has to be recoverable from the log, by id.</summary>
    public required IReadOnlyDictionary<long, LastRecord> Producers { get; init; }

    /// <summary><c>segment.bytes</c>: adjacent segments are merged up to this size.</summary>
    public required long SegmentBytes { get; init; }

    /// <summary><c>delete.retention.ms</c>: how long tombstones and markers are kept after the first cleaning that sees them.</summary>
    public required long DeleteRetentionMs { get; init; }

    public required long Now { get; init; }

    /// <summary>The capacity of the <see cref="OffsetMap"/>. If there are more keys, the cleaning stops early and the next one continues.</summary>
    public int MaxKeys { get; init; } = 1_000_000;

    public long UpperBound => Segments.Count == 0 ? 0 : Segments[^1].EndOffset;
}

/// <summary>The last thing that a partition received from a producer (Kafka's LastRecord).</summary>
/// <param name="DataOffset">The last offset of the producer's last batch, or null if the last thing in its epoch was a marker.</param>
internal readonly record struct LastRecord(long? DataOffset, short Epoch);

/// <summary>The result of a cleaning.</summary>
/// <param name="FirstDirty">Where the next cleaning starts.</param>
/// <param name="CleanedUntil">Exclusive: where the last replaced segment ends. 0 if none is replaced.</param>
/// <param name="KeptAborts">
/// The aborted transactions with a marker before <paramref name="CleanedUntil"/> that read_committed consumers still have to be told about. The others must be
/// forgotten with the swap: a consumer that is told about one would wait for a marker that no longer exists.
/// </param>
internal sealed record CleaningResult(
    long FirstDirty, long CleanedUntil, IReadOnlyList<CleanedSegment> Segments, IReadOnlyList<AbortedTransaction> KeptAborts);
