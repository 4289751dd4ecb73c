using System.Globalization;
using System.Net;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Requests;

/// <summary>The address and cluster id to report to clients, and the constants of the single node.</summary>
internal sealed record BrokerNode(string Host, int Port, string ClusterId)
{
    public const int Id = 1;
    public const int LeaderEpoch = 0;

    public static readonly string Name = Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// The host to report to clients: the configured one, or else the one that the broker listens on. A wildcard address cannot be connected to, so it is
    /// replaced by the loopback address.
    /// </summary>
    public static string AdvertisedHost(LocalKafkaOptions options)
    {
        if (options.AdvertisedHost is { } configured) return configured;
        if (!IPAddress.TryParse(options.Host, out var address)) return options.Host;
        if (address.Equals(IPAddress.Any)) return IPAddress.Loopback.ToString();
        return address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback.ToString() : options.Host;
    }

    /// <summary>The error for a client that expects another leader epoch (KIP-320). An epoch of -1 means that the client expects none.</summary>
    public static ErrorCode EpochProblem(int epoch) => epoch switch
    {
        -1 or LeaderEpoch => ErrorCode.None,
        > LeaderEpoch => ErrorCode.UnknownLeaderEpoch,
        _ => ErrorCode.FencedLeaderEpoch,
    };
}
