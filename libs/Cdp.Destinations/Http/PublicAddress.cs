using System.Net;

namespace Cdp.Destinations.Http;

/// <summary>
/// Which IP addresses are on the public internet. Destinations are configured by people who may not see the network of the platform, so a request must not
/// reach anything inside it: loopback, private networks, the metadata service of a cloud.
/// Source: the IANA registries of special-purpose addresses for IPv4 and IPv6.
/// </summary>
internal static class PublicAddress
{
    private static readonly (IPNetwork Network, string Kind)[] Special =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "this host or network"),
        (IPNetwork.Parse("10.0.0.0/8"), "private"),
        (IPNetwork.Parse("100.64.0.0/10"), "shared by a carrier (CGNAT)"),
        (IPNetwork.Parse("127.0.0.0/8"), "loopback"),
        (IPNetwork.Parse("169.254.0.0/16"), "link-local"),
        (IPNetwork.Parse("172.16.0.0/12"), "private"),
        (IPNetwork.Parse("192.0.0.0/24"), "reserved for protocols"),
        (IPNetwork.Parse("192.0.2.0/24"), "for documentation"),
        (IPNetwork.Parse("192.88.99.0/24"), "a 6to4 relay"),
        (IPNetwork.Parse("192.168.0.0/16"), "private"),
        (IPNetwork.Parse("198.18.0.0/15"), "for benchmarks"),
        (IPNetwork.Parse("198.51.100.0/24"), "for documentation"),
        (IPNetwork.Parse("203.0.113.0/24"), "for documentation"),
        (IPNetwork.Parse("224.0.0.0/4"), "multicast"),
        (IPNetwork.Parse("240.0.0.0/4"), "reserved or broadcast"),
        // Azure's host agent has this address, although no registry reserves it.
        (IPNetwork.Parse("168.63.129.16/32"), "a cloud's metadata service"),
        (IPNetwork.Parse("::/128"), "unspecified"),
        (IPNetwork.Parse("::1/128"), "loopback"),
        (IPNetwork.Parse("fc00::/7"), "unique local"),
        (IPNetwork.Parse("fe80::/10"), "link-local"),
        (IPNetwork.Parse("fec0::/10"), "site-local"),
        (IPNetwork.Parse("ff00::/8"), "multicast"),
        // Addresses that embed others, and addresses for protocols: Teredo, ORCHID, benchmarks.
        (IPNetwork.Parse("2001::/23"), "reserved for protocols"),
        (IPNetwork.Parse("2001:db8::/32"), "for documentation"),
        (IPNetwork.Parse("2002::/16"), "6to4"),
        (IPNetwork.Parse("3fff::/20"), "for documentation"),
        (IPNetwork.Parse("64:ff9b:1::/48"), "a local NAT64"),
    ];

    // The only part of IPv6 from which unicast addresses are assigned.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    /// <summary>The reason for refusing requests to an address; null for a public address.</summary>
    public static string? Objection(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return Objection(address.MapToIPv4());
        foreach (var (network, kind) in Special)
        {
            if (network.Contains(address)) return kind;
        }
        var bytes = address.GetAddressBytes();
        if (bytes.Length == 4) return null;
        if (Nat64.Contains(address) || Compatible.Contains(address)) return Objection(new IPAddress(bytes.AsSpan(12)));
        return GlobalUnicast.Contains(address) ? null : "not assigned";
    }
}
