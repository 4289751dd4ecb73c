using System.Globalization;

namespace Cdp.Profiles.Api;

/// <summary>Reads the time of <c>?as_of=</c>: ISO 8601 with a time zone, such as 2026-01-01T00:00:00Z.</summary>
public static class AsOf
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    /// <returns>The time in UTC, or null if the parameter is missing; or an error.</returns>
    public static (DateTime? Time, string? Error) Read(string? text, DateTime now)
    {
        if (text is null) return (null, null);
        if (!DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
            || time.Kind != DateTimeKind.Utc)
        {
            return (null, $"as_of is '{text}'; it must be a time with a time zone, such as 2026-01-01T00:00:00Z (write + as %2B in a query)");
        }
        return time > now ? (null, $"as_of is {Text(time)}, which is in the future; it must not be later than now, {Text(now)}") : (time, null);
    }

    public static string Text(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
