namespace Cdp.LocalKafka.Transactions;

/// <summary>The states of a transactional id. The numbers are those of Kafka's transaction log.</summary>
internal enum TransactionState : sbyte
{
    /// <summary>There is a producer, but no transaction yet.</summary>
    Empty = 0,
    Ongoing = 1,

    /// <summary>Decided: the commit markers have to be written.</summary>
    PrepareCommit = 2,

    /// <summary>Decided: the abort markers have to be written.</summary>
    PrepareAbort = 3,
    CompleteCommit = 4,
    CompleteAbort = 5,
}
