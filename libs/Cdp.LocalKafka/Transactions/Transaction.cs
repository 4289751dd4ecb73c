using System.Collections.Immutable;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Transactions;

/// <summary>
/// What the coordinator knows about one transactional id. Immutable: each step creates a new instance (see <see cref="TransactionSteps"/>), which takes
/// effect once it is in the transaction log. Times are in Unix milliseconds. -1 stands for no id, epoch or time.
/// </summary>
internal sealed record Transaction(string TransactionalId, long ProducerId, short ProducerEpoch, int TimeoutMs)
{
    /// <summary>The producer id before the last InitProducerId. Identifies the retry of a call that assigned a new id (KIP-360).</summary>
    public long PreviousProducerId { get; init; } = -1;

    /// <summary>The epoch before the last bump that the producer requested. Identifies the retry of that call (KIP-360).</summary>
    public short LastProducerEpoch { get; init; } = -1;

    public TransactionState State { get; init; }
    public ImmutableHashSet<TopicPartition> Partitions { get; init; } = [];
    public long StartedAt { get; init; } = -1;
    public long UpdatedAt { get; init; } = -1;

    public bool IsPrepared => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    /// <summary>Whether the id was unused for so long that it is removed. Never true while a transaction is open.</summary>
    public bool IsExpired(long now, TimeSpan expiration) =>
        State != TransactionState.Ongoing && !IsPrepared && UpdatedAt <= now - (long)expiration.TotalMilliseconds;

    /// <summary>When an ongoing transaction is aborted.</summary>
    public long Deadline => State == TransactionState.Ongoing ? StartedAt + TimeoutMs : long.MaxValue;

    /// <summary>The last epoch is reserved, so that a producer can always be fenced.</summary>
    public static bool IsExhausted(short epoch) => epoch >= short.MaxValue - 1;
}
