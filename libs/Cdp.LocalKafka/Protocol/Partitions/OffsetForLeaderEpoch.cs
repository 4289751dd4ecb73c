using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Partitions;

/// <summary>
/// Asks where a leader epoch ends, so that a consumer can detect that the log was truncated (KIP-320). API key 23. Versions before 2 were removed
/// (KIP-896).
/// </summary>
internal sealed class OffsetForLeaderEpochRequest : IWireFields
{
    public int ReplicaId = -2;
    public List<OffsetForLeaderTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ReplicaId, since: 3);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The partitions of one topic.</summary>
internal sealed class OffsetForLeaderTopic : IWireFields
{
    public string Topic = "";
    public List<OffsetForLeaderPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Topic);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The epoch to look up, and the epoch that the client considers current.</summary>
internal sealed class OffsetForLeaderPartition : IWireFields
{
    public int Partition;
    public int CurrentLeaderEpoch = -1;
    public int LeaderEpoch;

    public void Describe(Wire w)
    {
        w.Int32(ref Partition);
        w.Int32(ref CurrentLeaderEpoch);
        w.Int32(ref LeaderEpoch);
        w.Tags();
    }
}

/// <summary>The end of each epoch.</summary>
internal sealed class OffsetForLeaderEpochResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<OffsetForLeaderTopicResult>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The results for one topic.</summary>
internal sealed class OffsetForLeaderTopicResult : IWireFields
{
    public string Topic = "";
    public List<EpochEndOffset>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Topic);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>Where the epoch ends in one partition. Epoch and offset are -1 if there is no such epoch.</summary>
internal sealed class EpochEndOffset : IWireFields
{
    public ErrorCode ErrorCode;
    public int Partition;
    public int LeaderEpoch = -1;
    public long EndOffset = -1;

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.Int32(ref Partition);
        w.Int32(ref LeaderEpoch);
        w.Int64(ref EndOffset);
        w.Tags();
    }
}
