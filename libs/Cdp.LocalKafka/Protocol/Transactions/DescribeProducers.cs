using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Asks for the producers that partitions know (KIP-664). API key 61.</summary>
internal sealed class DescribeProducersRequest : IWireFields
{
    public List<DescribeProducersTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>Partitions of one topic.</summary>
internal sealed class DescribeProducersTopic : IWireFields
{
    public string Name = "";
    public List<int>? PartitionIndexes = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Int32s(ref PartitionIndexes);
        w.Tags();
    }
}

/// <summary>The result for each partition.</summary>
internal sealed class DescribeProducersResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DescribedProducersTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The results for the partitions of one topic.</summary>
internal sealed class DescribedProducersTopic : IWireFields
{
    public string Name = "";
    public List<DescribedProducersPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The producers of one partition.</summary>
internal sealed class DescribedProducersPartition : IWireFields
{
    public int PartitionIndex;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public List<DescribedProducer>? ActiveProducers = [];

    public void Describe(Wire w)
    {
        w.Int32(ref PartitionIndex);
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage);
        w.Array(ref ActiveProducers);
        w.Tags();
    }
}

/// <summary>What a partition knows about one producer. -1 means none.</summary>
internal sealed class DescribedProducer : IWireFields
{
    public long ProducerId;
    public int ProducerEpoch;
    public int LastSequence = -1;
    public long LastTimestamp = -1;
    public int CoordinatorEpoch;
    public long CurrentTxnStartOffset = -1;

    public void Describe(Wire w)
    {
        w.Int64(ref ProducerId);
        w.Int32(ref ProducerEpoch);
        w.Int32(ref LastSequence);
        w.Int64(ref LastTimestamp);
        w.Int32(ref CoordinatorEpoch);
        w.Int64(ref CurrentTxnStartOffset);
        w.Tags();
    }
}
