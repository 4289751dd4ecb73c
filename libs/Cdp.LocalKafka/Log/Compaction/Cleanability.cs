using Cdp.LocalKafka.Log.Configuration;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>How much of a log can be cleaned and whether it is worth it (Kafka's LogCleanerManager; KIP-58, KIP-354). Pure.</summary>
/// <param name="FirstDirty">The offset where cleaning starts: where the last cleaning stopped, unless the log no longer has that offset.</param>
/// <param name="UpperBound">Exclusive: the base offset of the first segment that must not be cleaned.</param>
/// <param name="DirtyRatio">
/// The share of uncleaned bytes among all bytes before <paramref name="UpperBound"/>. The logs with the largest ratio go first.
/// </param>
/// <param name="IsDue">Whether the log should be cleaned now.</param>
internal readonly record struct Cleanability(long FirstDirty, long UpperBound, double DirtyRatio, bool IsDue)
{
    /// <param name="log">The shape of the log.</param>
    /// <param name="lastCleaned">Where the last cleaning stopped. Null if there was none or it is unknown.</param>
    /// <param name="settings">The topic's settings.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    public static Cleanability Of(LogShape log, long? lastCleaned, CleaningSettings settings, long now)
    {
        var closed = log.Segments.Take(log.Segments.Count - 1).ToList();
        var firstDirty = lastCleaned is { } cleaned && cleaned >= log.StartOffset && cleaned <= log.EndOffset ? cleaned : log.StartOffset;
        var dirty = From(closed, firstDirty);

        var young = dirty.FindIndex(segment => settings.MinLagMs > 0 && segment.MaxTimestamp > now - settings.MinLagMs);
        var limit = Math.Min(Math.Min(log.LastStableOffset, log.Segments[^1].BaseOffset), young < 0 ? long.MaxValue : dirty[young].BaseOffset);
        var bound = From(closed, Math.Max(firstDirty, limit)) is [var first, ..] ? first.BaseOffset : log.Segments[^1].BaseOffset;

        var cleanBytes = closed.TakeWhile(segment => segment.BaseOffset < firstDirty).Sum(segment => segment.Bytes);
        var dirtyBytes = From(closed, Math.Min(firstDirty, bound)).TakeWhile(segment => segment.BaseOffset < bound).Sum(segment => segment.Bytes);
        var ratio = dirtyBytes == 0 ? 0 : dirtyBytes / (double)(cleanBytes + dirtyBytes);

        var oldest = dirty.Select(segment => segment.FirstTimestamp).Where(timestamp => timestamp > 0).DefaultIfEmpty(long.MaxValue).Min();
        var isOverdue = oldest < now - settings.MaxLagMs && dirtyBytes > 0;
        return new Cleanability(firstDirty, bound, ratio, isOverdue || ratio > settings.MinDirtyRatio);
    }

    // The segments from the one that contains the offset. Empty if the offset is after all of them.
    private static List<SegmentShape> From(List<SegmentShape> closed, long offset) =>
        closed.FindIndex(segment => segment.EndOffset > offset) is >= 0 and var index ? closed[index..] : [];
}

/// <summary>What <see cref="Cleanability"/> needs to know about a log.</summary>
/// <param name="Segments">In order. The last one is the active segment.</param>
internal sealed record LogShape(long StartOffset, long LastStableOffset, long EndOffset, IReadOnlyList<SegmentShape> Segments);

/// <summary>What <see cref="Cleanability"/> needs to know about a segment.</summary>
/// <param name="EndOffset">Exclusive: the base offset of the next segment.</param>
/// <param name="FirstTimestamp">The largest timestamp of the first batch, or -1.</param>
internal readonly record struct SegmentShape(long BaseOffset, long EndOffset, long Bytes, long FirstTimestamp, long MaxTimestamp);
