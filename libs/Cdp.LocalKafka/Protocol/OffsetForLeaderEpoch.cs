namespace Cdp.LocalKafka.Protocol;

/// <summary>Asks where a leader's epoch ends, so that a consumer finds out whether its log was cut (KIP-320). API key 23; versions before 2 are gone (KIP-896).</summary>
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

/// <summary>The epoch asked for, and the one that the client takes for the leader's.</summary>
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

/// <summary>The ends of the epochs.</summary>
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

/// <summary>The ends for one topic.</summary>
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

/// <summary>Where the epoch ends in one partition; -1 and -1 when there is no such epoch.</summary>
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
