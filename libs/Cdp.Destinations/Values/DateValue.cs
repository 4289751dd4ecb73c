using System.Globalization;

namespace Cdp.Destinations.Values;

/// <summary>
/// A point in time in the forms that occur in events: ISO 8601, the date format of HTTP headers (RFC 9110), or a number since 1970, whose magnitude
/// implies its unit. A time without an offset is UTC.
/// </summary>
internal static class DateValue
{
    // Seconds reach this number in the year 5138, milliseconds reached it in 1973.
    private const double MaxSeconds = 1e11;
    private const double MaxMilliseconds = 1e14;
    private const double MaxMicroseconds = 1e17;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFF' 'K", "yyyy-MM-dd' 'HH:mmK",
        "yyyy-MM-dd", "yyyy'/'MM'/'dd", "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    ];

    /// <summary>The time in UTC; null if the value is not a time.</summary>
    public static DateTime? Of(Datum value) => value.Kind switch
    {
        DatumKind.Text => Parse(value.Text.Trim()),
        DatumKind.Number => FromNumber(value.Number),
        _ => null,
    };

    private static DateTime? Parse(string text)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, Utc, out var time)) return time;
        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? FromNumber(number)
            : null;
    }

    private static DateTime? FromNumber(double number) => Math.Abs(number) switch
    {
        < MaxSeconds => FromMicroseconds(number * 1e6),
        < MaxMilliseconds => FromMicroseconds(number * 1e3),
        < MaxMicroseconds => FromMicroseconds(number),
        _ => null,
    };

    private static DateTime? FromMicroseconds(double microseconds)
    {
        var ticks = DateTime.UnixEpoch.Ticks + (Math.Round(microseconds) * TimeSpan.TicksPerMicrosecond);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? DateTime.UnixEpoch.AddTicks((long)Math.Round(microseconds) * TimeSpan.TicksPerMicrosecond)
            : null;
    }
}
