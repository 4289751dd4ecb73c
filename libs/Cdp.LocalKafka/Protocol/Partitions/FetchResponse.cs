using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Partitions;

internal sealed class FetchResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;

    /// <summary>0 without a session (KIP-227): the client then lists all of its partitions in each request.</summary>
    public int SessionId;
    public List<FetchableTopicResponse>? Responses = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Error(ref ErrorCode, since: 7);
        w.Int32(ref SessionId, since: 7);
        w.Array(ref Responses);
        w.Tags();
    }
}

internal sealed class FetchableTopicResponse : IWireFields
{
    public string Topic = "";
    public Guid TopicId;
    public List<PartitionData>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Topic, until: 12);
        w.Uuid(ref TopicId, since: 13);
        w.Array(ref Partitions);
        w.Tags();
    }
}

internal sealed class PartitionData : IWireFields
{
    public int PartitionIndex;
    public ErrorCode ErrorCode;
    public long HighWatermark;
    public long LastStableOffset = -1;
    public long LogStartOffset = -1;

    /// <summary>Null for read_uncommitted.</summary>
    public List<AbortedProducer>? AbortedTransactions;
    public int PreferredReadReplica = -1;
    public Records Records = new(ReadOnlyMemory<byte>.Empty, default);

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Error(ref ErrorCode);
        w.Int64(ref HighWatermark);
        w.Int64(ref LastStableOffset, since: 4);
        w.Int64(ref LogStartOffset, since: 5);
        w.Array(ref AbortedTransactions, since: 4);
        w.Int32(ref PreferredReadReplica, since: 11);
        w.Records(ref Records);
        w.Tags();
    }
}

internal sealed class AbortedProducer : IWireFields
{
    public long ProducerId;
    public long FirstOffset;

    public void Describe(Wire w)
    {
        w.Int64(ref ProducerId);
        w.Int64(ref FirstOffset);
        w.Tags();
    }
}
