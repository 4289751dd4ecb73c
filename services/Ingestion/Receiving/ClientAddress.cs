using System.Net;

namespace Cdp.Ingestion.Receiving;

/// <summary>Finds the address that a request came from. Anybody can write X-Forwarded-For, so only what trusted proxies wrote is believed.</summary>
public sealed class ClientAddress(IReadOnlyList<IPNetwork> trusted)
{
    /// <param name="proxies">Addresses or networks of proxies, each checked before.</param>
    public static ClientAddress Trusting(IEnumerable<string> proxies) => new([.. proxies.Select(proxy => TryParseNetwork(proxy, out var network) ? network : default)]);

    /// <summary>The sender's address as text; null where it is not known.</summary>
    public string? Of(HttpContext context) => Find(context.Connection.RemoteIpAddress, context.Request.Headers["X-Forwarded-For"], trusted)?.ToString();

    /// <summary>Whether the other end of the connection is a proxy whose X-Forwarded headers are believed.</summary>
    public bool IsBehindProxy(HttpContext context) => Plain(context.Connection.RemoteIpAddress) is { } remote && IsTrusted(remote, trusted);

    /// <param name="remote">Who opened the connection.</param>
    /// <param name="forwardedFor">The X-Forwarded-For header: each proxy appends whom it was called by.</param>
    public static IPAddress? Find(IPAddress? remote, string? forwardedFor, IReadOnlyList<IPNetwork> trusted)
    {
        var address = Plain(remote);
        if (trusted.Count == 0 || string.IsNullOrEmpty(forwardedFor)) return address;
        var hops = forwardedFor.Split(',', StringSplitOptions.TrimEntries);
        for (var i = hops.Length - 1; i >= 0 && address is not null && IsTrusted(address, trusted); i--)
        {
            // Some proxies write the port, too.
            if (!IPAddress.TryParse(hops[i], out var hop) && !(IPEndPoint.TryParse(hops[i], out var endpoint) && (hop = endpoint.Address) is not null)) break;
            address = Plain(hop);
        }
        return address;
    }

    /// <summary>A network, such as 10.0.0.0/8, or one address.</summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
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
