using System.Globalization;
using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>Whether a producer's timestamps are ones the topic takes (KIP-937): a wrong one would keep a segment for ever, or let it go at once.</summary>
internal static class TimestampRange
{
    private const long None = -1;

    /// <summary>Null when they may stand, else what is wrong with them: Kafka's INVALID_TIMESTAMP.</summary>
    /// <param name="decoded">The batch's records, when somebody has decoded them; compressed ones are judged by the head alone without.</param>
    public static string? Problem(in BatchHeader header, ReadOnlySpan<byte> batch, List<BatchRecord>? decoded, LogSettings settings, long now)
    {
        if (header.IsLogAppendTime) return "only the broker stamps records with log-append time";
        if (settings.LogAppendTime) return null;
        if (IsOutside(header.MaxTimestamp, settings, now)) return Message(header.MaxTimestamp, settings, now);
        if (IsOutside(header.BaseTimestamp, settings, now)) return Message(header.BaseTimestamp, settings, now);

        // The head tells the largest timestamp, not the smallest.
        if (settings.TimestampBeforeMaxMs == long.MaxValue || (decoded is null && header.IsCompressed)) return null;
        foreach (var record in decoded ?? BatchRecords.Read(header, batch))
            if (IsOutside(record.Timestamp, settings, now)) return Message(record.Timestamp, settings, now);
        return null;
    }

    private static bool IsOutside(long timestamp, LogSettings settings, long now) =>
        timestamp != None && (now - timestamp > settings.TimestampBeforeMaxMs || timestamp - now > settings.TimestampAfterMaxMs);

    private static string Message(long timestamp, LogSettings settings, long now) => string.Create(
        CultureInfo.InvariantCulture,
        $"timestamp {timestamp} is more than {settings.TimestampBeforeMaxMs} ms before or {settings.TimestampAfterMaxMs} ms after the broker's time {now}");
}
