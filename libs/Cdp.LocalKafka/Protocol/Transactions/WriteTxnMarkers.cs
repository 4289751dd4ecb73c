using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>
/// Writes transaction markers to partitions. Sent between the brokers of a cluster, and by an administrator to end a hanging transaction (KIP-664).
/// API key 27.
/// </summary>
internal sealed class WriteTxnMarkersRequest : IWireFields
{
    public List<WritableTxnMarker>? Markers = [];

    public void Describe(Wire w)
    {
        w.Array(ref Markers);
        w.Tags();
    }
}

/// <summary>The end of one producer's transaction in some partitions.</summary>
internal sealed class WritableTxnMarker : IWireFields
{
    public long ProducerId;
    public short ProducerEpoch;

    /// <summary>True for a commit, false for an abort.</summary>
    public bool TransactionResult;
    public List<WritableTxnMarkerTopic>? Topics = [];
    public int CoordinatorEpoch;

    public void Describe(Wire w)
    {
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.Bool(ref TransactionResult);
        w.Array(ref Topics);
        w.Int32(ref CoordinatorEpoch);
        w.Tags();
    }
}

/// <summary>The partitions of one topic that get a marker.</summary>
internal sealed class WritableTxnMarkerTopic : IWireFields
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

/// <summary>The result for each marker.</summary>
internal sealed class WriteTxnMarkersResponse : IWireFields
{
    public List<WrittenTxnMarker>? Markers = [];

    public void Describe(Wire w)
    {
        w.Array(ref Markers);
        w.Tags();
    }
}

/// <summary>The results for the markers of one producer.</summary>
internal sealed class WrittenTxnMarker : IWireFields
{
    public long ProducerId;
    public List<WrittenTxnMarkerTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Int64(ref ProducerId);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The results for one topic.</summary>
internal sealed class WrittenTxnMarkerTopic : IWireFields
{
    public string Name = "";
    public List<WrittenTxnMarkerPartition>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Array(ref Partitions);
        w.Tags();
    }
}

/// <summary>The result for one partition.</summary>
internal sealed class WrittenTxnMarkerPartition : IWireFields
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
