using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>A cleaning of one log, with all that it needs to know of the log. Nothing of it changes while the cleaning runs.</summary>
internal sealed record CleaningJob
{
    /// <summary>Where the cleaned files go: the log's own directory.</summary>
    public required string Directory { get; init; }

    /// <summary>From the log's first on, in order and without holes, to the last that may be cleaned (see <see cref="Cleanability"/>).</summary>
    public required IReadOnlyList<ClosedSegment> Segments { get; init; }

    /// <summary>Where the last cleaning stopped; what is before has no two records of a key.</summary>
    public required long FirstDirty { get; init; }

    /// <summary>The aborted transactions with records in the segments.</summary>
    public required IReadOnlyList<AbortedTransaction> Aborted { get; init; }

    /// <summary>The producers whose state the log must still tell when it is read anew, by id.</summary>
    public required IReadOnlyDictionary<long, LastRecord> Producers { get; init; }

    /// <summary><c>segment.bytes</c>: neighbours are merged up to this.</summary>
    public required long SegmentBytes { get; init; }

    /// <summary><c>delete.retention.ms</c>: how long tombstones and markers stay after the first cleaning that finds them.</summary>
    public required long DeleteRetentionMs { get; init; }

    public required long Now { get; init; }

    /// <summary>The bound of the <see cref="OffsetMap"/>; when there are more keys, the cleaning stops early and the next goes on.</summary>
    public int MaxKeys { get; init; } = 1_000_000;

    public long UpperBound => Segments.Count == 0 ? 0 : Segments[^1].EndOffset;
}

/// <summary>A segment that takes no more batches; <paramref name="Length"/> in bytes.</summary>
/// <param name="EndOffset">Exclusive: the base offset of the next segment, the active one included.</param>
internal readonly record struct ClosedSegment(SafeFileHandle File, long Length, long BaseOffset, long EndOffset);

/// <summary>What a partition last got from a producer (Kafka's LastRecord).</summary>
/// <param name="DataOffset">Last offset of its last batch of records, or null when the last thing in its epoch was a marker.</param>
internal readonly record struct LastRecord(long? DataOffset, short Epoch);

/// <summary>What a cleaning made.</summary>
/// <param name="FirstDirty">Where the next cleaning begins.</param>
/// <param name="CleanedUntil">Exclusive: where the last segment that is replaced ends; 0 when none is.</param>
/// <param name="KeptAborts">
/// Of the aborted transactions whose marker is before <paramref name="CleanedUntil"/>, those that a read_committed consumer still has to
/// be told of. The others are to be forgotten with the swap: a consumer that was told would wait for a marker that is gone.
/// </param>
internal sealed record CleaningResult(
    long FirstDirty, long CleanedUntil, IReadOnlyList<CleanedSegment> Segments, IReadOnlyList<AbortedTransaction> KeptAborts);

/// <summary>A new segment file, written and not yet swapped in (<see cref="SegmentSwap"/>).</summary>
/// <param name="Path">Of the <c>.cleaned</c> file.</param>
/// <param name="Length">In bytes; 0 when nothing of the replaced segments is left.</param>
/// <param name="Replaces">In order; it has the first one's base offset and covers the offsets up to the last one's end.</param>
internal sealed record CleanedSegment(string Path, long Length, IReadOnlyList<ClosedSegment> Replaces)
{
    public long BaseOffset => Replaces[0].BaseOffset;

    /// <summary>Exclusive.</summary>
    public long EndOffset => Replaces[^1].EndOffset;
}
