using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Partitions;

internal sealed class ListOffsetsRequest : IWireFields
{
    public int ReplicaId = -1;

    /// <summary>0: read_uncommitted, 1: read_committed.</summary>
    public sbyte IsolationLevel;
    public List<ListOffsetsTopic>? Topics = [];
    public int TimeoutMs;

    public void Describe(Wire w)
    {
        w.Int32(ref ReplicaId);
        w.Int8(ref IsolationLevel, since: 2);
        w.Array(ref Topics);
        w.Int32(ref TimeoutMs, since: 10);
        w.Tags();
    }
}

internal sealed class ListOffsetsTopic : IWireFields
{
    public string Name = "";
    public List<ListOffsetsPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

internal sealed class ListOffsetsPartition : IWireFields
{
    public int PartitionIndex;
    public int CurrentLeaderEpoch = -1;

    /// <summary>Unix milliseconds, or one of the negative values in <see cref="OffsetSpec"/>.</summary>
    public long Timestamp;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int32(ref CurrentLeaderEpoch, since: 4);
        w.Int64(ref Timestamp);
        w.Tags();
    }
}

/// <summary>The meaning of negative timestamps in ListOffsets.</summary>
internal static class OffsetSpec
{
    public const long Latest = -1;
    public const long Earliest = -2;
    public const long MaxTimestamp = -3;
    public const long EarliestLocal = -4;
    public const long LatestTiered = -5;
}

internal sealed class ListOffsetsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<ListOffsetsTopicResponse>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 2);
        w.Array(ref Topics);
        w.Tags();
    }
}

internal sealed class ListOffsetsTopicResponse : IWireFields
{
    public string Name = "";
    public List<ListOffsetsPartitionResponse>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

internal sealed class ListOffsetsPartitionResponse : IWireFields
{
    public int PartitionIndex;
    public ErrorCode ErrorCode;
    public long Timestamp = -1;
    public long Offset = -1;
    public int LeaderEpoch = -1;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Error(ref ErrorCode);
        w.Int64(ref Timestamp, since: 1);
        w.Int64(ref Offset, since: 1);
        w.Int32(ref LeaderEpoch, since: 4);
        w.Tags();
    }
}
