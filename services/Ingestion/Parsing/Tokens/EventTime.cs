using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>
/// Reads times as SDKs, languages and databases print them: ISO 8601 and RFC 3339 with their variants, Postgres, MySQL, BigQuery, Snowflake, SQL Server,
/// Ruby, Python, Go, HTTP dates, and numbers of seconds, milliseconds, microseconds or nanoseconds since 1970. A time without an offset is UTC. A time zone
/// given only by letters other than Z, UTC and GMT is ambiguous and makes the time unreadable.
/// </summary>
public static class EventTime
{
    // No supported format is longer.
    private const int LongestText = 128;

    // The magnitude of a number determines its unit: each range covers 1973 to 5138. Smaller numbers are not times: they are dates such as 20201231, counters,
    // or meaningless.
    private const decimal LeastSeconds = 1e8m, LeastMilliseconds = 1e11m, LeastMicroseconds = 1e14m, LeastNanoseconds = 1e17m, TooLarge = 1e20m;

    /// <param name="text">The time as ASCII. Surrounding white space is ignored.</param>
    /// <param name="utc">The time in UTC with a resolution of 100 ns.</param>
    /// <returns>False if the text cannot be read as a time without guessing.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out DateTime utc)
    {
        utc = default;
        text = text.Trim(" \t\r\n"u8);
        if (text.IsEmpty || text.Length > LongestText) return false;
        if (TryReadNumber(text, out utc)) return true;
        if (!IsDigit(text[0])) return TryReadHttpDate(text, out utc);
        var cursor = new TimeCursor(text);
        return cursor.TryDate(out var date) && cursor.TryTimeOfDay(out var time) && cursor.TryOffset(out var offset) && cursor.IsAtEnd
            && TryAdd(date, time - offset, out utc);
    }

    /// <summary>Reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970; the magnitude determines the unit.</summary>
    public static bool TryReadNumber(ReadOnlySpan<byte> number, out DateTime utc)
    {
        utc = default;
        if (IsDateOfTwelveDigits(number)) return false;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)) return false;
        var ticks = value switch
        {
            < LeastSeconds or >= TooLarge => -1,
            < LeastMilliseconds => value * TimeSpan.TicksPerSecond,
            < LeastMicroseconds => value * TimeSpan.TicksPerMillisecond,
            < LeastNanoseconds => value * TimeSpan.TicksPerMicrosecond,
            _ => value / TimeSpan.NanosecondsPerTick,
        };
        if (ticks < 0) return false;
        utc = DateTime.UnixEpoch.AddTicks((long)ticks);
        return true;
    }

    // 202012312359 is a date with a time of day but without separators. As milliseconds it would be a time in 1976.
    private static bool IsDateOfTwelveDigits(ReadOnlySpan<byte> number) =>
        number.Length == 12
        && DateTime.TryParseExact(Encoding.Latin1.GetString(number), "yyyyMMddHHmm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
        && date.Year is >= 1970 and < 2100;

    // Thu, 31 Dec 2020 21:25:58 GMT
    private static bool TryReadHttpDate(ReadOnlySpan<byte> text, out DateTime utc)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTime.TryParseExact(Encoding.Latin1.GetString(text), "r", CultureInfo.InvariantCulture, Utc, out utc);
    }

    private static bool TryAdd(DateTime date, TimeSpan time, out DateTime utc)
    {
        utc = default;
        var ticks = date.Ticks + time.Ticks;
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks) return false;
        utc = new DateTime(ticks, DateTimeKind.Utc);
        return true;
    }

    internal static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';
}
