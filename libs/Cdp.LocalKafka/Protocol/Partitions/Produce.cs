using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Partitions;

internal sealed class ProduceRequest : IWireFields
{
    public string? TransactionalId;

    /// <summary>0: no response. 1 and -1 (all) are equivalent on a single node.</summary>
    public short Acks;
    public int TimeoutMs;
    public List<TopicProduceData>? TopicData = [];

    public void Describe(Wire w)
    {
        w.NullableString(ref TransactionalId, since: 3);
        w.Int16(ref Acks);
        w.Int32(ref TimeoutMs);
        w.Array(ref TopicData);
        w.Tags();
    }
}

internal sealed class TopicProduceData : IWireFields
{
    public string Name = "";
    public List<PartitionProduceData>? PartitionData = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref PartitionData);
        w.Tags();
    }
}

internal sealed class PartitionProduceData : IWireFields
{
    public int Index;
    public Records Records;

    public void Describe(Wire w)
    {
        w.Int32(ref Index);
        w.Records(ref Records);
        w.Tags();
    }
}

internal sealed class ProduceResponse : IWireFields
{
    public List<TopicProduceResponse>? Responses = [];
    public int ThrottleTimeMs;

    public void Describe(Wire w)
    {
        w.Array(ref Responses);
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Tags();
    }
}

internal sealed class TopicProduceResponse : IWireFields
{
    public string Name = "";
    public List<PartitionProduceResponse>? PartitionResponses = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref PartitionResponses);
        w.Tags();
    }
}

internal sealed class PartitionProduceResponse : IWireFields
{
    public int Index;
    public ErrorCode ErrorCode;
    public long BaseOffset;
    public long LogAppendTimeMs = -1;
    public long LogStartOffset = -1;
    public List<BatchIndexAndErrorMessage>? RecordErrors = [];
    public string? ErrorMessage;

    public void Describe(Wire w)
    {
        w.Int32(ref Index);
        w.Error(ref ErrorCode);
        w.Int64(ref BaseOffset);
        w.Int64(ref LogAppendTimeMs, since: 2);
        w.Int64(ref LogStartOffset, since: 5);
        w.Array(ref RecordErrors, since: 8);
        w.NullableString(ref ErrorMessage, since: 8);
        w.Tags();
    }
}

internal sealed class BatchIndexAndErrorMessage : IWireFields
{
    public int BatchIndex;
    public string? BatchIndexErrorMessage;

    public void Describe(Wire w)
    {
        w.Int32(ref BatchIndex);
        w.NullableString(ref BatchIndexErrorMessage);
        w.Tags();
    }
}
