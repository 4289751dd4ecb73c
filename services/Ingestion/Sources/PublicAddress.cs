using Cdp.Hosting.Configuration;

namespace Cdp.Ingestion.Sources;

/// <summary>The address under which browsers reach this service.</summary>
/// <param name="Scheme">http or https.</param>
/// <param name="Host">The host, with the port if it is not the scheme's default and with the path in front of the service's own: <c>shop.example/t</c>.</param>
public sealed record PublicAddress(string Scheme, string Host)
{
    /// <summary>
    /// Finds the address from the source's file, the X-Forwarded headers or the request itself. Anyone can send X-Forwarded headers, so only those of a trusted
    /// proxy are used, and only the last value of each header, which that proxy wrote.
    /// </summary>
    /// <param name="configured">The <c>public_url</c> of the source, which takes precedence; null if it has none.</param>
    /// <param name="scheme">The scheme of the request as it arrived.</param>
    /// <param name="host">The Host header.</param>
    /// <param name="forwardedProto">The X-Forwarded-Proto header; null if there is none.</param>
    /// <param name="forwardedHost">The X-Forwarded-Host header; null if there is none.</param>
    /// <param name="isTrusted">Whether a trusted proxy opened the connection.</param>
    public static PublicAddress Find(Uri? configured, string scheme, string host, string? forwardedProto, string? forwardedHost, bool isTrusted)
    {
        if (configured is not null) return new PublicAddress(configured.Scheme, configured.Authority + configured.AbsolutePath.TrimEnd('/'));
        if (!isTrusted) return new PublicAddress(scheme, host);
        var proto = Last(forwardedProto) is "http" or "https" ? Last(forwardedProto) : scheme;
        return new PublicAddress(proto, IsHost(Last(forwardedHost)) ? Last(forwardedHost) : host);
    }

    /// <summary>Reads <c>public_url</c> of a source's file; null if it is missing.</summary>
    public static Uri? Read(YamlSection file)
    {
        if (file.Text("public_url") is not { } text) return null;
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url);
        if (isUrl && url is { Scheme: "http" or "https", UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }) return url;
        file.AddError("public_url", $"'{text}' is not an http or https address; write for example https://events.shop.example or https://shop.example/t");
        return null;
    }

    private static string Last(string? values) => values is null ? "" : values[(values.LastIndexOf(',') + 1)..].Trim();

    // Browsers are told to connect to this address, so it must be a host with an optional port and nothing else.
    private static bool IsHost(string text) =>
        Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var uri)
        && uri is { AbsolutePath: "/", Query.Length: 0, UserInfo.Length: 0 }
        && (uri.Authority.Equals(text, StringComparison.OrdinalIgnoreCase) || text.EndsWith(":80", StringComparison.Ordinal));
}
