namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>Which segments a cleaning merges, so that segments do not shrink to nothing in the course of time. Pure.</summary>
internal static class SegmentGroups
{
    /// <summary>Neighbours that together have at most <paramref name="segmentBytes"/> and whose offsets fit an index of 32-bit distances.</summary>
    public static List<List<ClosedSegment>> Of(IEnumerable<ClosedSegment> segments, long segmentBytes)
    {
        var groups = new List<List<ClosedSegment>>();
        var bytes = 0L;
        foreach (var segment in segments)
        {
            bytes += segment.Length;
            if (groups.Count > 0 && bytes <= segmentBytes && (segment.Length == 0 || segment.EndOffset - 1 - groups[^1][0].BaseOffset <= int.MaxValue))
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
