using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Transactions;

/// <summary>Asks for the state of transactional ids (KIP-664). API key 65.</summary>
internal sealed class DescribeTransactionsRequest : IWireFields
{
    public List<string>? TransactionalIds = [];

    public void Describe(Wire w)
    {
        w.Strings(ref TransactionalIds);
        w.Tags();
    }
}

/// <summary>The result for each id.</summary>
internal sealed class DescribeTransactionsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DescribedTransaction>? TransactionStates = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref TransactionStates);
        w.Tags();
    }
}

/// <summary>The state of one transactional id. Times are in Unix milliseconds, -1 without a transaction.</summary>
internal sealed class DescribedTransaction : IWireFields
{
    public ErrorCode ErrorCode;
    public string TransactionalId = "";
    public string TransactionState = "";
    public int TransactionTimeoutMs;
    public long TransactionStartTimeMs;
    public long ProducerId;
    public short ProducerEpoch;
    public List<TransactionTopic>? Topics = [];

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.String(ref TransactionalId);
        w.String(ref TransactionState);
        w.Int32(ref TransactionTimeoutMs);
        w.Int64(ref TransactionStartTimeMs);
        w.Int64(ref ProducerId);
        w.Int16(ref ProducerEpoch);
        w.Array(ref Topics);
        w.Tags();
    }
}

/// <summary>The partitions of one topic that the transaction covers.</summary>
internal sealed class TransactionTopic : IWireFields
{
    public string Topic = "";
    public List<int>? Partitions = [];

    public void Describe(Wire w)
    {
        w.String(ref Topic);
        w.Int32s(ref Partitions);
        w.Tags();
    }
}
