using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Groups;

/// <summary>Commits a group's offsets. API key 8. Versions before 2 were removed (KIP-896).</summary>
internal sealed class OffsetCommitRequest : IWireFields
{
    public string GroupId = "";
    public int GenerationId = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public long RetentionTimeMs = -1;
    public List<OffsetCommitTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.String(ref GroupId);
        w.Int32(ref GenerationId);
        w.String(ref MemberId);
        w.NullableString(ref GroupInstanceId, since: 7);
        w.Int64(ref RetentionTimeMs, until: 4);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The offsets to commit for one topic.</summary>
internal sealed class OffsetCommitTopic : IWireFields
{
    public string Name = "";
    public List<OffsetCommitPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The next offset to read in one partition.</summary>
internal sealed class OffsetCommitPartition : IWireFields
{
    public int PartitionIndex;
    public long CommittedOffset;
    public int CommittedLeaderEpoch = -1;
    public string? CommittedMetadata;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int64(ref CommittedOffset);
        w.Int32(ref CommittedLeaderEpoch, since: 6);
        w.NullableString(ref CommittedMetadata);
        w.Tags();
    }
}

/// <summary>The result for each partition.</summary>
internal sealed class OffsetCommitResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<CommittedTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 3);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The results for one topic of an OffsetCommit or TxnOffsetCommit.</summary>
internal sealed class CommittedTopic : IWireFields
{
    public string Name = "";
    public List<CommittedPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The result for one partition of an OffsetCommit or TxnOffsetCommit.</summary>
internal sealed class CommittedPartition : IWireFields
{
    public int PartitionIndex;
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
