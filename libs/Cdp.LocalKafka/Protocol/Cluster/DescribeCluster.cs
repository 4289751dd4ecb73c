using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Cluster;

/// <summary>
/// Asks for the nodes and the id of the cluster (KIP-700). API key 60. Version 1 adds the endpoint type (KIP-919), version 2 fenced brokers (KIP-1073).
/// </summary>
internal sealed class DescribeClusterRequest : IWireFields
{
    public const sbyte Brokers = 1;
    public const sbyte Controllers = 2;

    public bool IncludeClusterAuthorizedOperations;
    public sbyte EndpointType = Brokers;
    public bool IncludeFencedBrokers;

    public void Describe(Wire w)
    {
        w.Bool(ref IncludeClusterAuthorizedOperations);
        w.Int8(ref EndpointType, since: 1);
        w.Bool(ref IncludeFencedBrokers, since: 2);
        w.Tags();
    }
}

/// <summary>The nodes and the id of the cluster.</summary>
internal sealed class DescribeClusterResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public sbyte EndpointType = DescribeClusterRequest.Brokers;
    public string ClusterId = "";
    public int ControllerId = -1;
    public List<DescribedBroker>? Brokers = [];
    public int ClusterAuthorizedOperations = int.MinValue;

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage);
        w.Int8(ref EndpointType, since: 1);
        w.String(ref ClusterId);
        w.Int32(ref ControllerId);
        w.Array(ref Brokers);
        w.Int32(ref ClusterAuthorizedOperations);
        w.Tags();
    }
}

/// <summary>One node.</summary>
internal sealed class DescribedBroker : IWireFields
{
    public int BrokerId;
    public string Host = "";
    public int Port;
    public string? Rack;
    public bool IsFenced;

    public void Describe(Wire w)
    {
        w.Int32(ref BrokerId);
        w.String(ref Host);
        w.Int32(ref Port);
        w.NullableString(ref Rack);
        w.Bool(ref IsFenced, since: 2);
        w.Tags();
    }
}
