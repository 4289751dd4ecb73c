namespace Cdp.LocalKafka.Log;

/// <summary>What retention goes by of one segment.</summary>
/// <param name="LargestTimestamp">Milliseconds: of its records or, when they have none, of its last write.</param>
internal readonly record struct SegmentFacts(long BaseOffset, long Bytes, long LargestTimestamp);

/// <summary>Which segments a log need not keep (Kafka's UnifiedLog.deleteOldSegments). Everything in a log of one node is below its high watermark.</summary>
internal static class Retention
{
    /// <summary>How many segments go, oldest first. All of them only when the last holds records: then a new one has to be begun before.</summary>
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

    /// <summary>How many segments lie wholly before <paramref name="startOffset"/>.</summary>
    public static int Before(IReadOnlyList<SegmentFacts> segments, long startOffset)
    {
        var count = 0;
        while (count + 1 < segments.Count && segments[count + 1].BaseOffset <= startOffset) count++;
        return count;
    }
}
