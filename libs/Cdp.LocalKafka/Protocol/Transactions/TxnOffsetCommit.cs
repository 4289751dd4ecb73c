using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Commits a group's offsets as part of a transaction. They take effect when it commits. API key 28.</summary>
internal sealed class TxnOffsetCommitRequest : IWireFields
{
    public string TransactionalId = "";
    public string GroupId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public int GenerationId = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public List<TxnOffsetCommitTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.String(ref TransactionalId);
        w.String(ref GroupId);
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.Int32(ref GenerationId, since: 3);
        w.String(ref MemberId, since: 3);
        w.NullableString(ref GroupInstanceId, since: 3);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The offsets to commit for one topic.</summary>
internal sealed class TxnOffsetCommitTopic : IWireFields
{
    public string Name = "";
    public List<TxnOffsetCommitPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The next offset to read in one partition. The leader epoch is sent since version 2.</summary>
internal sealed class TxnOffsetCommitPartition : IWireFields
{
    public int PartitionIndex;
    public long CommittedOffset;
    public int CommittedLeaderEpoch = -1;
    public string? CommittedMetadata;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int64(ref CommittedOffset);
        w.Int32(ref CommittedLeaderEpoch, since: 2);
        w.NullableString(ref CommittedMetadata);
        w.Tags();
    }
}

/// <summary>The result for each partition.</summary>
internal sealed class TxnOffsetCommitResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<CommittedTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Topics);
        w.Tags();
    }
}
