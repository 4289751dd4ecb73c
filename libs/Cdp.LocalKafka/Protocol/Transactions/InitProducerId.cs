using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Asks for a producer id and epoch. With a transactional id it also fences earlier producers with that id. API key 22.</summary>
internal sealed class InitProducerIdRequest : IWireFields
{
    public string? TransactionalId;
    public int TransactionTimeoutMs;
    public long ProducerId = -1;
    public short ProducerEpoch = -1;

    public void Describe(Wire w)
    {
        w.NullableString(ref TransactionalId);
        w.Int32(ref TransactionTimeoutMs);
        w.Int64(ref ProducerId, since: 3);
        w.Int16(ref ProducerEpoch, since: 3);
        w.Tags();
    }
}

/// <summary>The producer id and epoch to produce with.</summary>
internal sealed class InitProducerIdResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public long ProducerId = -1;
    public short ProducerEpoch = -1;

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Error(ref ErrorCode);
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.Tags();
    }
}
