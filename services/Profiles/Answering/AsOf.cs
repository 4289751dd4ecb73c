using System.Globalization;

namespace Cdp.Profiles.Answering;

/// <summary>The time of <c>?as_of=</c>: ISO 8601 with its zone, such as 2026-01-01T00:00:00Z.</summary>
public static class AsOf
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    /// <returns>The time in UTC, null where none is asked for; or what is wrong with it.</returns>
    public static (DateTime? Time, string? Fault) Read(string? text, DateTime now)
    {
        if (text is null) return (null, null);
        if (!DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) || time.Kind != DateTimeKind.Utc)
        {
            return (null, $"as_of is '{text}'; it takes a time with its zone, such as 2026-01-01T00:00:00Z (a + in a query is written %2B)");
        }
        return time > now ? (null, $"as_of is {Text(time)}, which is still to come; it takes a time until now, {Text(now)}") : (time, null);
    }

    public static string Text(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
