using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Asks for transactional ids (KIP-664, KIP-994). API key 66. An empty filter matches everything.</summary>
internal sealed class ListTransactionsRequest : IWireFields
{
    public List<string>? StateFilters = [];
    public List<long>? ProducerIdFilters = [];

    /// <summary>Selects transactions that have been running for longer than this, in milliseconds. A negative value selects all.</summary>
    public long DurationFilter = -1;

    public void Describe(Wire w)
    {
        w.Strings(ref StateFilters);
        w.Int64s(ref ProducerIdFilters);
        w.Int64(ref DurationFilter, since: 1);
        w.Tags();
    }
}

/// <summary>The matching ids, and the state filters that name no known state.</summary>
internal sealed class ListTransactionsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<string>? UnknownStateFilters = [];
    public List<ListedTransaction>? TransactionStates = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Error(ref ErrorCode);
        w.Strings(ref UnknownStateFilters);
        w.Array(ref TransactionStates);
        w.Tags();
    }
}

/// <summary>A transactional id, its producer, and the name of its state.</summary>
internal sealed class ListedTransaction : IWireFields
{
    public string TransactionalId = "";
    public long ProducerId;
    public string TransactionState = "";

    public void Describe(Wire w)
    {
        w.String(ref TransactionalId);
        w.Int64(ref ProducerId);
        w.String(ref TransactionState);
        w.Tags();
    }
}
