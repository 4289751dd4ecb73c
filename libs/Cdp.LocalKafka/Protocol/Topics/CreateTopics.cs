using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Topics;

internal sealed class CreateTopicsRequest : IWireFields
{
    public List<CreatableTopic>? Topics = [];
    public int TimeoutMs = 60000;
    public bool ValidateOnly;

    public void Describe(Wire w)
    {
        w.Array(ref Topics);
        w.Int32(ref TimeoutMs);
        w.Bool(ref ValidateOnly, since: 1);
        w.Tags();
    }
}

internal sealed class CreatableTopic : IWireFields
{
    public string Name = "";

    /// <summary>-1 for the broker's default, or if assignments are given.</summary>
    public int NumPartitions;
    public short ReplicationFactor;
    public List<ReplicaAssignment>? Assignments = [];
    public List<CreatableTopicConfig>? Configs = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Int32(ref NumPartitions);
        w.Int16(ref ReplicationFactor);
        w.Array(ref Assignments);
        w.Array(ref Configs);
        w.Tags();
    }
}

internal sealed class ReplicaAssignment : IWireFields
{
    public int PartitionIndex;
    public List<int>? BrokerIds = [];

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int32s(ref BrokerIds);
        w.Tags();
    }
}

internal sealed class CreatableTopicConfig : IWireFields
{
    public string Name = "";
    public string? Value;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.NullableString(ref Value);
        w.Tags();
    }
}

internal sealed class CreateTopicsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<CreatableTopicResult>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 2);
        w.Array(ref Topics);
        w.Tags();
    }
}

internal sealed class CreatableTopicResult : IWireFields
{
    public string Name = "";
    public Guid TopicId;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public int NumPartitions = -1;
    public short ReplicationFactor = -1;
    public List<CreatedTopicConfig>? Configs = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Uuid(ref TopicId, since: 7);
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage, since: 1);
        w.Int32(ref NumPartitions, since: 5);
        w.Int16(ref ReplicationFactor, since: 5);
        w.Array(ref Configs, since: 5);
        w.Tags();
    }
}

internal sealed class CreatedTopicConfig : IWireFields
{
    public string Name = "";
    public string? Value;
    public bool ReadOnly;
    public sbyte ConfigSource = -1;
    public bool IsSensitive;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.NullableString(ref Value);
        w.Bool(ref ReadOnly);
        w.Int8(ref ConfigSource);
        w.Bool(ref IsSensitive);
        w.Tags();
    }
}
