using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Adds a group's offsets to a transaction. API key 25.</summary>
internal sealed class AddOffsetsToTxnRequest : IWireFields
{
    public string TransactionalId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public string GroupId = "";

    public void Describe(Wire w)
    {
        w.String(ref TransactionalId);
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.String(ref GroupId);
        w.Tags();
    }
}

/// <summary>Whether the transaction now covers the group's offsets.</summary>
internal sealed class AddOffsetsToTxnResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Error(ref ErrorCode);
        w.Tags();
    }
}
