using System.Globalization;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;

namespace Cdp.LocalKafka.Log.Validation;

/// <summary>
/// Checks that a producer's timestamps are in the range that the topic accepts (KIP-937). A wrong timestamp could keep a segment forever or
/// expire it immediately.
/// </summary>
internal static class TimestampRange
{
    private const long None = -1;

    /// <summary>Returns null if the timestamps are acceptable, else what is wrong with them. The error is INVALID_TIMESTAMP.</summary>
    /// <param name="header">The header of the batch.</param>
    /// <param name="batch">The whole batch.</param>
    /// <param name="decoded">The records, if they were decoded already. Otherwise a compressed batch is checked by its header alone.</param>
    /// <param name="settings">The topic's settings.</param>
    /// <param name="now">The broker's time in Unix milliseconds.</param>
    public static string? Problem(in BatchHeader header, ReadOnlySpan<byte> batch, List<BatchRecord>? decoded, LogSettings settings, long now)
    {
        if (header.IsLogAppendTime) return "only the broker can mark a batch with log-append time";
        if (settings.LogAppendTime) return null;
        if (IsOutside(header.MaxTimestamp, settings, now)) return Message(header.MaxTimestamp, settings, now);
        if (IsOutside(header.BaseTimestamp, settings, now)) return Message(header.BaseTimestamp, settings, now);

        // The header contains the largest timestamp, but not the smallest.
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
