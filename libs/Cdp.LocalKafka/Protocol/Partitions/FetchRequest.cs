using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Partitions;

internal sealed class FetchRequest : IWireFields
{
    /// <summary>The session epoch of a request that starts a session.</summary>
    public const int FirstEpoch = 0;

    /// <summary>The session epoch of a request without a session. It also ends the session that the request names.</summary>
    public const int FinalEpoch = -1;

    public int ReplicaId = -1;
    public int MaxWaitMs;
    public int MinBytes;
    public int MaxBytes = int.MaxValue;

    /// <summary>0: read_uncommitted, 1: read_committed.</summary>
    public sbyte IsolationLevel;
    public int SessionId;
    public int SessionEpoch = FinalEpoch;
    public List<FetchTopic>? Topics = [];
    public List<ForgottenTopic>? ForgottenTopicsData = [];
    public string RackId = "";

    public void Describe(Wire w)
    {
        w.Int32(ref ReplicaId, until: 14);
        w.Int32(ref MaxWaitMs);
        w.Int32(ref MinBytes);
        w.Int32(ref MaxBytes, since: 3);
        w.Int8(ref IsolationLevel, since: 4);
        w.Int32(ref SessionId, since: 7);
        w.Int32(ref SessionEpoch, since: 7);
        w.Array(ref Topics);
        w.Array(ref ForgottenTopicsData, since: 7);
        w.String(ref RackId, since: 11);
        w.Tags();
    }
}

internal sealed class FetchTopic : IWireFields
{
    public string Topic = "";
    public Guid TopicId;
    public List<FetchPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Topic, until: 12);
        w.Uuid(ref TopicId, since: 13);
        w.Array(ref Partitions);
        w.Tags();
    }
}

internal sealed class FetchPartition : IWireFields
{
    public int Partition;
    public int CurrentLeaderEpoch = -1;
    public long FetchOffset;
    public int LastFetchedEpoch = -1;
    public long LogStartOffset = -1;
    public int PartitionMaxBytes;

    public void Describe(Wire w)
    {
        w.Int32(ref Partition);
        w.Int32(ref CurrentLeaderEpoch, since: 9);
        w.Int64(ref FetchOffset);
        w.Int32(ref LastFetchedEpoch, since: 12);
        w.Int64(ref LogStartOffset, since: 5);
        w.Int32(ref PartitionMaxBytes);
        w.Tags();
    }
}

internal sealed class ForgottenTopic : IWireFields
{
    public string Topic = "";
    public Guid TopicId;
    public List<int>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Topic, until: 12);
        w.Uuid(ref TopicId, since: 13);
        w.Int32s(ref Partitions);
        w.Tags();
    }
}
