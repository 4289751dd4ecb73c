using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Adds partitions to a transaction before records are written to them. API key 24. Versions after 3 are for brokers only.</summary>
internal sealed class AddPartitionsToTxnRequest : IWireFields
{
    public string TransactionalId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public List<AddPartitionsTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.String(ref TransactionalId);
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The partitions of one topic to add.</summary>
internal sealed class AddPartitionsTopic : IWireFields
{
    public string Name = "";
    public List<int>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Int32s(ref Partitions);
        w.Tags();
    }
}

/// <summary>The result for each partition. Either all are added or none.</summary>
internal sealed class AddPartitionsToTxnResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<AddedTopic>? Results = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Results);
        w.Tags();
    }
}

/// <summary>The results for the partitions of one topic.</summary>
internal sealed class AddedTopic : IWireFields
{
    public string Name = "";
    public List<AddedPartition>? Results = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Results);
        w.Tags();
    }
}

/// <summary>The result for one partition.</summary>
internal sealed class AddedPartition : IWireFields
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
