using Cdp.Hosting;

namespace Cdp.Ingestion.Browser;

/// <summary>Where a browser finds us.</summary>
/// <param name="Scheme">http or https.</param>
/// <param name="Host">The host, with its port where that is not the scheme's own, and the path below which we are found: <c>shop.example/t</c>.</param>
public sealed record PublicAddress(string Scheme, string Host)
{
    /// <summary>Anybody can write X-Forwarded headers, so they count only from a trusted proxy, and of each the last value, which that proxy wrote.</summary>
    /// <param name="configured">What the source says; it wins.</param>
    /// <param name="scheme">Of the request, as it reached us.</param>
    /// <param name="host">Its Host header.</param>
    /// <param name="isTrusted">Whether a trusted proxy opened the connection.</param>
    public static PublicAddress Find(Uri? configured, string scheme, string host, string? forwardedProto, string? forwardedHost, bool isTrusted)
    {
        if (configured is not null) return new PublicAddress(configured.Scheme, configured.Authority + configured.AbsolutePath.TrimEnd('/'));
        if (!isTrusted) return new PublicAddress(scheme, host);
        var proto = Last(forwardedProto) is "http" or "https" ? Last(forwardedProto) : scheme;
        return new PublicAddress(proto, IsHost(Last(forwardedHost)) ? Last(forwardedHost) : host);
    }

    /// <summary>Reads <c>public_url</c> of a source's file; null where it is not there.</summary>
    public static Uri? Read(YamlSection file)
    {
        if (file.Text("public_url") is not { } text) return null;
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url);
        if (isUrl && url is { Scheme: "http" or "https", UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }) return url;
        file.Fault("public_url", $"'{text}' is not an address of ours; write for example https://events.shop.example or https://shop.example/t");
        return null;
    }

    private static string Last(string? values) => values is null ? "" : values[(values.LastIndexOf(',') + 1)..].Trim();

    // What a browser will be told to connect to: a host and perhaps a port, with nothing that would make it another address.
    private static bool IsHost(string text) =>
        Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var uri)
        && uri is { AbsolutePath: "/", Query.Length: 0, UserInfo.Length: 0 }
        && (uri.Authority.Equals(text, StringComparison.OrdinalIgnoreCase) || text.EndsWith(":80", StringComparison.Ordinal));
}
