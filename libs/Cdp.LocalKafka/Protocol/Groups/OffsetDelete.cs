using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Deletes a group's offsets for some partitions (KIP-496). API key 47.</summary>
internal sealed class OffsetDeleteRequest : IWireFields
{
    public string GroupId = "";
    public List<OffsetDeleteTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Array(ref Topics);
    }
}

/// <summary>The partitions of one topic whose offsets are to be deleted.</summary>
internal sealed class OffsetDeleteTopic : IWireFields
{
    public string Name = "";
    public List<OffsetDeletePartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
    }
}

/// <summary>A partition whose offset is to be deleted.</summary>
internal sealed class OffsetDeletePartition : IWireFields
{
    public int PartitionIndex;

    public void Describe(Wire w) => w.Int32(ref PartitionIndex);
}

/// <summary>The result for each partition. If there is an error at the top level, nothing was deleted.</summary>
internal sealed class OffsetDeleteResponse : IWireFields
{
    public ErrorCode ErrorCode;
    public int ThrottleTimeMs;
    public List<CommittedTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Topics);
    }
}
