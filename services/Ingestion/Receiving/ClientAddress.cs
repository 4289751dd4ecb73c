using System.Net;

namespace Cdp.Ingestion.Receiving;

/// <summary>Finds the IP address that a request came from. Anyone can send X-Forwarded-For, so only entries written by trusted proxies are used.</summary>
public sealed class ClientAddress(IReadOnlyList<IPNetwork> trusted)
{
    /// <param name="proxies">Valid addresses or networks of proxies.</param>
    public static ClientAddress Trusting(IEnumerable<string> proxies) =>
        new([.. proxies.Select(proxy => TryParseNetwork(proxy, out var network) ? network : default)]);

    /// <summary>The sender's address as text; null if it is unknown.</summary>
    public string? Of(HttpContext context) => Find(context.Connection.RemoteIpAddress, context.Request.Headers["X-Forwarded-For"], trusted)?.ToString();

    /// <summary>Whether a trusted proxy opened the connection, so that the X-Forwarded headers can be used.</summary>
    public bool IsBehindProxy(HttpContext context) => Plain(context.Connection.RemoteIpAddress) is { } remote && IsTrusted(remote, trusted);

    /// <summary>The last address before the trusted proxies.</summary>
    /// <param name="remote">The address that opened the connection.</param>
    /// <param name="forwardedFor">The X-Forwarded-For header. Each proxy appends the address that called it.</param>
    /// <param name="trusted">The networks of the trusted proxies.</param>
    public static IPAddress? Find(IPAddress? remote, string? forwardedFor, IReadOnlyList<IPNetwork> trusted)
    {
        var address = Plain(remote);
        if (trusted.Count == 0 || string.IsNullOrEmpty(forwardedFor)) return address;
        var hops = forwardedFor.Split(',', StringSplitOptions.TrimEntries);
        for (var i = hops.Length - 1; i >= 0 && address is not null && IsTrusted(address, trusted); i--)
        {
            if (ParseHop(hops[i]) is not { } hop) break;
            address = Plain(hop);
        }
        return address;
    }

    /// <summary>Reads a network, such as 10.0.0.0/8, or a single address.</summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    // Some proxies append the port as well.
    private static IPAddress? ParseHop(string hop)
    {
        if (IPAddress.TryParse(hop, out var address)) return address;
        return IPEndPoint.TryParse(hop, out var endpoint) ? endpoint.Address : null;
    }

    private static bool IsTrusted(IPAddress address, IReadOnlyList<IPNetwork> trusted)
    {
        foreach (var network in trusted)
        {
            if (network.Contains(address)) return true;
        }
        return false;
    }

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
