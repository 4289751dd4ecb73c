using System.Diagnostics;
using System.Net.Sockets;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Streaming.Loop;

/// <summary>
/// What a service adds to the loop. For each batch the loop calls <see cref="PrepareAsync"/>, then <see cref="Decide"/> once for each record in order, then
/// <see cref="FinishBatch"/> once. It then commits the outbox and the input offsets in one transaction, and calls <see cref="CommittedAsync"/>. The thread of
/// the loop makes all calls, one after the other. One exception: <see cref="Revoked"/> may come while a long asynchronous call is in progress, whose task is
/// then running on other threads, so that state which both use must be safe for that.
/// </summary>
/// <typeparam name="TView">The hot state that the decisions of one batch need; discarded after the batch.</typeparam>
public abstract class Processor<TView>
{
    private long _progressedAt;

    internal long ProgressedAt => Volatile.Read(ref _progressedAt);

    /// <summary>
    /// Whether a record with these headers needs no decision. It is then neither decoded nor handed over, and its offset is committed with its batch. Pure.
    /// </summary>
    /// <param name="headers">The headers of the record; null if it has none.</param>
    public virtual bool Skips(Headers? headers) => false;

    /// <summary>
    /// Whether there is work that no record causes, such as a retry whose time has come. Asked after every batch. If so, the loop calls
    /// <see cref="PrepareAsync"/> with an empty batch, <see cref="FinishBatch"/> and <see cref="CommittedAsync"/>, and commits the outbox in a transaction of
    /// its own, so that no record is blamed for it. <see cref="FinishBatch"/> may be called again for the same view.
    /// </summary>
    public virtual bool HasDueWork => false;

    /// <summary>
    /// Called if the outputs of due work can never be written, for example because a topic accepts smaller records than its row in the topic table asks for.
    /// Nothing was committed. The processor must not offer the same work again at once. The exception names the output, unless the broker did not.
    /// </summary>
    public virtual void DueWorkRefused(TView view, UnwritableRecordException exception) => throw exception;

    /// <summary>Whether no more records can be taken at present: the input is paused, and only <see cref="HasDueWork"/> is asked.</summary>
    public virtual bool IsFull => false;

    /// <summary>
    /// Reads the hot state that the decisions on a batch need. May be called again for the same records, or for single ones of them in any order: whatever it
    /// writes must be harmless then, so it may only write claims that name the position of the record itself. If it throws an exception that
    /// <see cref="IsOutage"/> recognizes, the input is paused and the call repeated. The same happens with any other exception that single records have in
    /// common: it means that the hot state cannot be read. A defect of a record itself is for <see cref="Decide"/> to report.
    /// </summary>
    public abstract Task<TView> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping);

    /// <summary>
    /// Decides on one record. Pure: no I/O, no clock. Writes its outputs to <paramref name="outbox"/>, and what later records of the batch must see into
    /// <paramref name="view"/>. If it throws, view and outbox are discarded and the record is tried alone, each time with a fresh view. If that fails twice,
    /// the record is dead-lettered, and the others are decided again without it.
    /// </summary>
    public abstract void Decide(TView view, Incoming record, DateTime now, Outbox outbox);

    /// <summary>
    /// Called after the last decision of a batch, before the commit: writes outputs that are due once per batch rather than once per record, such as the state
    /// that its records result in. Pure, like <see cref="Decide"/>. Not called for a batch in which a decision threw: the loop then starts over with a fresh
    /// view and a fresh outbox. If it throws itself, the batch is halved until the record that causes it is alone.
    /// </summary>
    public virtual void FinishBatch(TView view, DateTime now, Outbox outbox) { }

    /// <summary>
    /// Called after the commit: updates the hot state to what was committed. Each write must be conditional, so that it never replaces newer state. Repeated
    /// through outages until it succeeds; after a crash before that, <see cref="AssignedAsync"/> makes up for it.
    /// </summary>
    public virtual Task CommittedAsync(TView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>
    /// Called before the first record of newly assigned partitions: brings their hot state up to date with the log. The partitions are paused meanwhile.
    /// </summary>
    public virtual Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>
    /// Called when another member has become the owner of partitions: nothing read from them may be written any more. May come while the task of an
    /// asynchronous call is running. That call still ends before the next begins, even if a partition has come back since.
    /// </summary>
    public virtual void Revoked(IReadOnlyList<TopicPartition> partitions) { }

    /// <summary>
    /// Called when the reader has reached the end of a partition: everything before <paramref name="offset"/>, transaction markers included, has been read,
    /// committed and applied to the hot state.
    /// </summary>
    public virtual Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>
    /// Called about once a second between two batches, even if there are no records: checks hot state that may be lost while nothing arrives.
    /// </summary>
    public virtual Task WatchAsync(CancellationToken stopping) => Task.CompletedTask;

    /// <summary>What the asynchronous calls wait for, as the readiness and the log name it.</summary>
    public virtual string Dependency => "the hot state";

    /// <summary>
    /// Whether an exception of an asynchronous call means that a dependency is unavailable, so that the call is repeated, rather than a bad record or a bug.
    /// </summary>
    public virtual bool IsOutage(Exception exception) => exception is TimeoutException or IOException or SocketException or HttpRequestException;

    /// <summary>
    /// Reports that a part of a long asynchronous call has finished. May be called on any thread. The loop is not ready while a call has neither ended nor
    /// reported progress for ten seconds.
    /// </summary>
    protected void Progressed() => Volatile.Write(ref _progressedAt, Stopwatch.GetTimestamp());
}
