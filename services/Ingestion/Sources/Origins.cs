
namespace Cdp.Ingestion.Sources;

/// <summary>The web origins (RFC 6454: scheme, host, port) whose pages may send. <c>https://*.shop.example</c> matches every host below shop.example.</summary>
public sealed class Origins(IReadOnlyList<string> patterns)
{
    public static readonly Origins All = new([]);

    /// <summary>Whether requests with this Origin header are allowed. Requests without one do not come from pages and are always allowed.</summary>
    public bool Allow(string? origin) => patterns.Count == 0 || string.IsNullOrEmpty(origin) || patterns.Any(pattern => Matches(pattern, origin));

    /// <summary>Whether a string is an origin or a pattern with a wildcard.</summary>
    public static bool IsPattern(string text)
    {
        var origin = text.Replace("://*.", "://", StringComparison.Ordinal);
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri.GetLeftPart(UriPartial.Authority) == origin && uri.UserInfo.Length == 0;
    }

    private static bool Matches(string pattern, string origin)
    {
        var star = pattern.IndexOf("://*.", StringComparison.Ordinal);
        if (star < 0) return string.Equals(pattern, origin, StringComparison.OrdinalIgnoreCase);
        var (scheme, domain) = (pattern[..(star + 3)], pattern[(star + 4)..]);
        return origin.Length > scheme.Length + domain.Length
            && origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && origin.EndsWith(domain, StringComparison.OrdinalIgnoreCase);
    }
}
