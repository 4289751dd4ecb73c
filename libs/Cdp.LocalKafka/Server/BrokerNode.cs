namespace Cdp.LocalKafka.Server;

/// <summary>What clients are told of the one node there is.</summary>
internal sealed record BrokerNode(string Host, int Port, string ClusterId)
{
    public const int Id = 1;
    public const int LeaderEpoch = 0;
}
