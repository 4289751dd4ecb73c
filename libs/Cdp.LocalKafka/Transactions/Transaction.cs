using System.Collections.Immutable;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Transactions;

/// <summary>
/// What the coordinator knows of one transactional id. Immutable: a step makes the next one (see <see cref="TransactionSteps"/>), which
/// counts once it is in the transaction log. Times are Unix milliseconds; -1 stands for no id, no epoch, no time.
/// </summary>
internal sealed record Transaction(string TransactionalId, long ProducerId, short ProducerEpoch, int TimeoutMs)
{
    /// <summary>The producer id before the last InitProducerId; recognises the retry of a call that brought a new id (KIP-360).</summary>
    public long PreviousProducerId { get; init; } = -1;

    /// <summary>The epoch before the last bump that the producer asked for itself; recognises the retry of that call (KIP-360).</summary>
    public short LastProducerEpoch { get; init; } = -1;

    public TransactionState State { get; init; }
    public ImmutableHashSet<TopicPartition> Partitions { get; init; } = [];
    public long StartedAt { get; init; } = -1;
    public long UpdatedAt { get; init; } = -1;

    public bool IsPrepared => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    /// <summary>Whether nobody used the id for so long that it is forgotten; never with an open transaction.</summary>
    public bool IsExpired(long now, TimeSpan expiration) =>
        State != TransactionState.Ongoing && !IsPrepared && UpdatedAt <= now - (long)expiration.TotalMilliseconds;

    /// <summary>When an ongoing transaction is aborted.</summary>
    public long Deadline => State == TransactionState.Ongoing ? StartedAt + TimeoutMs : long.MaxValue;

    /// <summary>The last epoch is kept free, so that there is always one to fence a producer with.</summary>
    public static bool IsExhausted(short epoch) => epoch >= short.MaxValue - 1;
}
