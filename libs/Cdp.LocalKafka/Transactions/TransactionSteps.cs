using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Transactions;

/// <summary>The result of a request: an error, or the next state, or neither if the request repeats a completed step.</summary>
internal readonly record struct Step(ErrorCode Error, Transaction? Next)
{
    public static Step To(Transaction next) => new(ErrorCode.None, next);
    public static Step Refuse(ErrorCode error) => new(error, null);
    public static Step Done => new(ErrorCode.None, null);
}

/// <summary>
/// The state transitions of a transactional id, as in Kafka's transaction coordinator for clients of transactions V1 (KIP-98, KIP-360, KIP-588).
/// Pure: the time and new producer ids are arguments.
/// </summary>
internal static class TransactionSteps
{
    /// <summary>
    /// A producer starts with the id, or continues after an error. If a transaction is ongoing, the next state is its abort with a bumped epoch that is not
    /// reported to any producer: the client gets CONCURRENT_TRANSACTIONS and retries.
    /// </summary>
    /// <param name="current">The current state. Null for a new id.</param>
    /// <param name="transactionalId">The transactional id.</param>
    /// <param name="expected">The producer id and epoch that the client believes it has. Null if it is starting.</param>
    /// <param name="timeoutMs">The timeout for transactions of the producer, in milliseconds.</param>
    /// <param name="newProducerId">Assigns a new producer id.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    public static Step Initialise(
        Transaction? current, string transactionalId, (long Id, short Epoch)? expected, int timeoutMs, Func<long> newProducerId, long now)
    {
        if (current is null)
            return Step.To(new Transaction(transactionalId, newProducerId(), 0, timeoutMs) { UpdatedAt = now });
        if (expected is { } claimed && !IsPlausible(current, claimed)) return Step.Refuse(ErrorCode.ProducerFenced);
        if (current.IsPrepared) return Step.Refuse(ErrorCode.ConcurrentTransactions);
        if (current.State == TransactionState.Ongoing) return Step.To(Fence(current, now));

        var empty = current with
        {
            PreviousProducerId = current.ProducerId,
            TimeoutMs = timeoutMs,
            State = TransactionState.Empty,
            StartedAt = -1,
            UpdatedAt = now,
        };
        if (Transaction.IsExhausted(current.ProducerEpoch) && (expected is null || expected.Value.Epoch == current.ProducerEpoch))
        {
            var last = expected is null ? (short)-1 : current.ProducerEpoch;
            return Step.To(empty with { ProducerId = newProducerId(), ProducerEpoch = 0, LastProducerEpoch = last });
        }
        if (expected is null)
            return Step.To(empty with { ProducerEpoch = Next(current), LastProducerEpoch = -1 });
        if (expected.Value.Epoch == current.ProducerEpoch)
            return Step.To(empty with { ProducerEpoch = Next(current), LastProducerEpoch = current.ProducerEpoch });
        // The response to a bump was lost. No other producer has started since, because that would have reset the last epoch.
        return expected.Value.Epoch == current.LastProducerEpoch ? Step.To(empty) : Step.Refuse(ErrorCode.ProducerFenced);
    }

    public static Step AddPartitions(Transaction? current, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions, long now)
    {
        var error = Verify(current, producerId, epoch);
        if (error != ErrorCode.None) return Step.Refuse(error);
        var ongoing = current!.State == TransactionState.Ongoing;
        if (ongoing && current.Partitions.IsSupersetOf(partitions)) return Step.Done;
        return Step.To(current with
        {
            State = TransactionState.Ongoing,
            Partitions = current.Partitions.Union(partitions),
            StartedAt = ongoing ? current.StartedAt : now,
            UpdatedAt = now,
        });
    }

    /// <summary>Decides to commit or abort. The retry of the same decision gets the same result.</summary>
    public static Step End(Transaction? current, long producerId, short epoch, bool commit, long now)
    {
        if (current is null || current.ProducerId != producerId) return Step.Refuse(ErrorCode.InvalidProducerIdMapping);
        if (current.ProducerEpoch != epoch) return Step.Refuse(ErrorCode.ProducerFenced);
        var decided = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort;
        return current.State switch
        {
            TransactionState.Ongoing => Step.To(current with { State = decided, UpdatedAt = now }),
            TransactionState.PrepareCommit when commit => Step.Refuse(ErrorCode.ConcurrentTransactions),
            TransactionState.PrepareAbort when !commit => Step.Refuse(ErrorCode.ConcurrentTransactions),
            TransactionState.CompleteCommit when commit => Step.Done,
            TransactionState.CompleteAbort when !commit => Step.Done,
            _ => Step.Refuse(ErrorCode.InvalidTxnState),
        };
    }

    /// <summary>Aborts an ongoing transaction without its producer. The bumped epoch, which is also in the markers, fences that producer.</summary>
    public static Transaction Fence(Transaction ongoing, long now) => ongoing with
    {
        State = TransactionState.PrepareAbort,
        ProducerEpoch = Next(ongoing),
        LastProducerEpoch = -1,
        UpdatedAt = now,
    };

    /// <summary>The state after all markers are written.</summary>
    public static Transaction Complete(Transaction prepared, long now) => prepared with
    {
        State = prepared.State == TransactionState.PrepareCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
        Partitions = [],
        UpdatedAt = now,
    };

    /// <summary>Checks that the producer is the current one and that its last decision was carried out.</summary>
    public static ErrorCode Verify(Transaction? current, long producerId, short epoch)
    {
        if (current is null || current.ProducerId != producerId) return ErrorCode.InvalidProducerIdMapping;
        if (current.ProducerEpoch != epoch) return ErrorCode.ProducerFenced;
        return current.IsPrepared ? ErrorCode.ConcurrentTransactions : ErrorCode.None;
    }

    // A request with the previous id and an exhausted epoch is the retry of a call that assigned a new id.
    private static bool IsPlausible(Transaction current, (long Id, short Epoch) claimed) =>
        claimed.Id == current.ProducerId || (claimed.Id == current.PreviousProducerId && Transaction.IsExhausted(claimed.Epoch));

    private static short Next(Transaction current) => checked((short)(current.ProducerEpoch + 1));
}
