using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Cluster;

internal sealed class MetadataRequest : IWireFields
{
    /// <summary>Null asks for all topics. In version 0, so does an empty list.</summary>
    public List<MetadataRequestTopic>? Topics = [];
    public bool AllowAutoTopicCreation = true;
    public bool IncludeClusterAuthorizedOperations;
    public bool IncludeTopicAuthorizedOperations;

    public void Describe(Wire w)
    {
        w.Array(ref Topics);
        w.Bool(ref AllowAutoTopicCreation, since: 4);
        w.Bool(ref IncludeClusterAuthorizedOperations, since: 8, until: 10);
        w.Bool(ref IncludeTopicAuthorizedOperations, since: 8);
        w.Tags();
    }
}

internal sealed class MetadataRequestTopic : IWireFields
{
    public Guid TopicId;
    public string? Name;

    public void Describe(Wire w)
    {
        w.Uuid(ref TopicId, since: 10);
        w.NullableString(ref Name);
        w.Tags();
    }
}

internal sealed class MetadataResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<MetadataBroker>? Brokers = [];
    public string? ClusterId;
    public int ControllerId = -1;
    public List<MetadataTopic>? Topics = [];
    public int ClusterAuthorizedOperations = int.MinValue;
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 3);
        w.Array(ref Brokers);
        w.NullableString(ref ClusterId, since: 2);
        w.Int32(ref ControllerId, since: 1);
        w.Array(ref Topics);
        w.Int32(ref ClusterAuthorizedOperations, since: 8, until: 10);
        w.Error(ref ErrorCode, since: 13);
        w.Tags();
    }
}

internal sealed class MetadataBroker : IWireFields
{
    public int NodeId;
    public string Host = "";
    public int Port;
    public string? Rack;

    public void Describe(Wire w)
    {
        w.Int32(ref NodeId);
        w.String(ref Host);
        w.Int32(ref Port);
        w.NullableString(ref Rack, since: 1);
        w.Tags();
    }
}

internal sealed class MetadataTopic : IWireFields
{
    public ErrorCode ErrorCode;
    public string? Name;
    public Guid TopicId;
    public bool IsInternal;
    public List<MetadataPartition>? Partitions = [];
    public int TopicAuthorizedOperations = int.MinValue;

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.NullableString(ref Name);
        w.Uuid(ref TopicId, since: 10);
        w.Bool(ref IsInternal, since: 1);
        w.Array(ref Partitions);
        w.Int32(ref TopicAuthorizedOperations, since: 8);
        w.Tags();
    }
}

internal sealed class MetadataPartition : IWireFields
{
    public ErrorCode ErrorCode;
    public int PartitionIndex;
    public int LeaderId;
    public int LeaderEpoch = -1;
    public List<int>? ReplicaNodes = [];
    public List<int>? IsrNodes = [];
    public List<int>? OfflineReplicas = [];

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.Int32(ref PartitionIndex);
        w.Int32(ref LeaderId);
        w.Int32(ref LeaderEpoch, since: 7);
        w.Int32s(ref ReplicaNodes);
        w.Int32s(ref IsrNodes);
        w.Int32s(ref OfflineReplicas, since: 5);
        w.Tags();
    }
}
