namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>How much of a log may be cleaned and whether that is worth it (Kafka's LogCleanerManager; KIP-58, KIP-354). Pure.</summary>
/// <param name="FirstDirty">Where the cleaning begins; the last one's end, unless the log no longer has that offset.</param>
/// <param name="UpperBound">Exclusive: the base offset of the first segment that may not be cleaned.</param>
/// <param name="DirtyRatio">Cleanable bytes to all bytes before <paramref name="UpperBound"/>: the logs with the largest come first.</param>
/// <param name="IsDue">Whether the log is to be cleaned now.</param>
internal readonly record struct Cleanability(long FirstDirty, long UpperBound, double DirtyRatio, bool IsDue)
{
    /// <param name="lastCleaned">Where the last cleaning stopped; null when there was none or it is not known.</param>
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

    // From the segment that holds the offset on; none when it lies behind them all.
    private static List<SegmentShape> From(List<SegmentShape> closed, long offset) =>
        closed.FindIndex(segment => segment.EndOffset > offset) is >= 0 and var index ? closed[index..] : [];
}

/// <summary>A log as far as its cleanability goes.</summary>
/// <param name="Segments">In order; the last is the active one.</param>
internal sealed record LogShape(long StartOffset, long LastStableOffset, long EndOffset, IReadOnlyList<SegmentShape> Segments);

/// <param name="EndOffset">Exclusive: the base offset of the next segment.</param>
/// <param name="FirstTimestamp">Largest timestamp of its first batch, or -1.</param>
internal readonly record struct SegmentShape(long BaseOffset, long EndOffset, long Bytes, long FirstTimestamp, long MaxTimestamp);

/// <summary>When a topic wants its logs cleaned.</summary>
/// <param name="MinDirtyRatio"><c>min.cleanable.dirty.ratio</c></param>
/// <param name="MinLagMs"><c>min.compaction.lag.ms</c></param>
/// <param name="MaxLagMs"><c>max.compaction.lag.ms</c></param>
internal readonly record struct CleaningSettings(double MinDirtyRatio, long MinLagMs, long MaxLagMs);
