namespace Cdp.LocalKafka.Protocol;

/// <summary>Asks for transactional ids (KIP-664, KIP-994). API key 66; empty filters let everything pass.</summary>
internal sealed class ListTransactionsRequest : IWireFields
{
    public List<string>? StateFilters = [];
    public List<long>? ProducerIdFilters = [];

    /// <summary>Only transactions that run for longer, in milliseconds; below zero: all.</summary>
    public long DurationFilter = -1;

    public void Describe(Wire w)
    {
        w.Strings(ref StateFilters);
        w.Int64s(ref ProducerIdFilters);
        w.Int64(ref DurationFilter, since: 1);
        w.Tags();
    }
}

/// <summary>The ids that pass, and the state filters that name no state.</summary>
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

/// <summary>A transactional id with its producer and its state's name.</summary>
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
