using System.Globalization;

namespace Cdp.Destinations.Http;

/// <summary>Determines from the status and the headers of a response whether and when to try again.</summary>
internal static class HttpStatus
{
    /// <summary>2xx.</summary>
    public static bool IsSuccess(int status) => status is >= 200 and <= 299;

    /// <summary>Whether another attempt may succeed: 408, 423, 429, and 5xx except 501, as in Segment's destinations.</summary>
    public static bool IsRetryable(int status) => status is 408 or 423 or 429 or (>= 500 and not 501);

    /// <summary>The wait that <c>Retry-After</c> asks for, in seconds or until a date; null if there is no time in the future.</summary>
    public static TimeSpan? RetryAfter(InboundResponse response, DateTimeOffset now)
    {
        if (!response.Headers.TryGetValue("Retry-After", out var text)) return null;
        return Seconds(text) ?? (DateTimeOffset.TryParseExact(
            text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date > now ? date - now : null);
    }

    /// <summary>The wait until a time that a header gives in seconds since 1970, such as Braze's <c>X-RateLimit-Reset</c>.</summary>
    public static TimeSpan? Until(InboundResponse response, string header, DateTimeOffset now)
    {
        if (!response.Headers.TryGetValue(header, out var text) || Seconds(text) is not { } since1970) return null;
        return since1970 > now - DateTimeOffset.UnixEpoch ? since1970 - (now - DateTimeOffset.UnixEpoch) : null;
    }

    // Limited, so that no header results in a time that cannot be represented.
    private static TimeSpan? Seconds(string text) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e11
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
