using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Commits or aborts a transaction. API key 26. Version 5 belongs to transactions V2 (KIP-890), which this broker does not support.</summary>
internal sealed class EndTxnRequest : IWireFields
{
    public string TransactionalId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public bool Committed;

    public void Describe(Wire w)
    {
        w.String(ref TransactionalId);
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.Bool(ref Committed);
        w.Tags();
    }
}

/// <summary>NONE if the decision is durable.</summary>
internal sealed class EndTxnResponse : IWireFields
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
