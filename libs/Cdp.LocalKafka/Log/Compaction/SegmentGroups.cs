using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>Decides which segments a cleaning merges, so that segments do not become ever smaller. Pure.</summary>
internal static class SegmentGroups
{
    /// <summary>
    /// Groups adjacent segments that together have at most <paramref name="segmentBytes"/> and whose offsets fit an index of 32-bit relative offsets.
    /// </summary>
    public static List<List<ClosedSegment>> Of(IEnumerable<ClosedSegment> segments, long segmentBytes)
    {
        var groups = new List<List<ClosedSegment>>();
        var bytes = 0L;
        foreach (var segment in segments)
        {
            bytes += segment.Length;
            if (groups.Count > 0 && bytes <= segmentBytes
                && (segment.Length == 0 || segment.EndOffset - 1 - groups[^1][0].BaseOffset <= int.MaxValue))
            {
                groups[^1].Add(segment);
                continue;
            }
            groups.Add([segment]);
            bytes = segment.Length;
        }
        return groups;
    }
}
