using Cdp.LocalKafka.Log.Configuration;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>The data of one segment that retention needs.</summary>
/// <param name="LargestTimestamp">The largest record timestamp in Unix milliseconds, or the time of the last write if the records have none.</param>
internal readonly record struct SegmentFacts(long BaseOffset, long Bytes, long LargestTimestamp);

/// <summary>
/// Decides which segments a log no longer has to keep (Kafka's UnifiedLog.deleteOldSegments). With a single node, all records are below the high
/// watermark.
/// </summary>
internal static class Retention
{
    /// <summary>
    /// How many segments to delete, oldest first. All segments are deleted only if the last one has records; a new one has to be created first.
    /// </summary>
    public static int Expired(IReadOnlyList<SegmentFacts> segments, long startOffset, LogSettings settings, long now)
    {
        var expired = Before(segments, startOffset);
        if (!settings.Delete) return expired;
        if (settings.RetentionBytes >= 0)
        {
            var spare = segments.Skip(expired).Sum(segment => segment.Bytes) - settings.RetentionBytes;
            while (MayGo(expired) && spare >= segments[expired].Bytes) spare -= segments[expired++].Bytes;
        }
        if (settings.RetentionMs >= 0)
            while (MayGo(expired) && now - segments[expired].LargestTimestamp > settings.RetentionMs) expired++;
        return expired;

        bool MayGo(int i) => i < segments.Count && (i < segments.Count - 1 || segments[i].Bytes > 0);
    }

    /// <summary>How many segments lie entirely before <paramref name="startOffset"/>.</summary>
    public static int Before(IReadOnlyList<SegmentFacts> segments, long startOffset)
    {
        var count = 0;
        while (count + 1 < segments.Count && segments[count + 1].BaseOffset <= startOffset) count++;
        return count;
    }
}
