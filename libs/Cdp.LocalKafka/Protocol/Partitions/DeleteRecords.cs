using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Partitions;

internal sealed class DeleteRecordsRequest : IWireFields
{
    public List<DeleteRecordsTopic>? Topics = [];
    public int TimeoutMs;

    public void Describe(Wire w)
    {
        w.Array(ref Topics);
        w.Int32(ref TimeoutMs);
        w.Tags();
    }
}

internal sealed class DeleteRecordsTopic : IWireFields
{
    public string Name = "";
    public List<DeleteRecordsPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

internal sealed class DeleteRecordsPartition : IWireFields
{
    public int PartitionIndex;

    /// <summary>The first offset to keep. -1 deletes all records.</summary>
    public long Offset;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int64(ref Offset);
        w.Tags();
    }
}

internal sealed class DeleteRecordsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DeleteRecordsTopicResult>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Topics);
        w.Tags();
    }
}

internal sealed class DeleteRecordsTopicResult : IWireFields
{
    public string Name = "";
    public List<DeleteRecordsPartitionResult>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

internal sealed class DeleteRecordsPartitionResult : IWireFields
{
    public int PartitionIndex;

    /// <summary>The log's start offset. -1 if there was an error.</summary>
    public long LowWatermark = -1;
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Int64(ref LowWatermark);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
