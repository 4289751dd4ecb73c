using System.Globalization;

namespace Cdp.Fanout.Api;

/// <summary>The times of the API: ISO 8601 with a time zone, such as 2026-01-01T00:00:00Z.</summary>
public static class ApiTime
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    /// <summary>The time in UTC; null if the text is not a time with a time zone.</summary>
    public static DateTime? Parse(string text) =>
        DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) && time.Kind == DateTimeKind.Utc
            ? time
            : null;

    /// <summary>What is wrong with a text that is not a time.</summary>
    public static string Fault(string name, string text) =>
        $"{name} is '{text}'; it must be a time with a time zone, such as 2026-01-01T00:00:00Z (write + as %2B in a query)";

    public static string Text(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
