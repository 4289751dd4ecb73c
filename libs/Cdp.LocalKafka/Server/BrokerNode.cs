using System.Globalization;
using System.Net;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>What clients are told of the one node there is.</summary>
internal sealed record BrokerNode(string Host, int Port, string ClusterId)
{
    public const int Id = 1;
    public const int LeaderEpoch = 0;

    public static readonly string Name = Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>The host that clients are told: as configured, else the one listened on, and this machine's loopback where that is every address, which nobody can connect to.</summary>
    public static string AdvertisedHost(LocalKafkaOptions options)
    {
        if (options.AdvertisedHost is { } configured) return configured;
        if (!IPAddress.TryParse(options.Host, out var address)) return options.Host;
        if (address.Equals(IPAddress.Any)) return IPAddress.Loopback.ToString();
        return address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback.ToString() : options.Host;
    }

    /// <summary>The error for a client that knows another leader epoch (KIP-320); -1 stands for none.</summary>
    public static ErrorCode EpochProblem(int epoch) => epoch switch
    {
        -1 or LeaderEpoch => ErrorCode.None,
        > LeaderEpoch => ErrorCode.UnknownLeaderEpoch,
        _ => ErrorCode.FencedLeaderEpoch,
    };
}
