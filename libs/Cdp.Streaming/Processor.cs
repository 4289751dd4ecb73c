using System.Net.Sockets;
using Confluent.Kafka;

namespace Cdp.Streaming;

/// <summary>
/// What a service adds to the loop. Per batch the loop calls <see cref="ReadAsync"/>, then <see cref="Decide"/> once a record in order, then
/// <see cref="Conclude"/> once, commits the outbox and the input offsets in one transaction, then calls <see cref="CommittedAsync"/>. All calls come
/// from one thread at a time.
/// </summary>
/// <typeparam name="TView">The hot state that one batch's decisions need; thrown away after the batch.</typeparam>
public abstract class Processor<TView>
{
    /// <summary>
    /// Reads what the decisions on this batch need. May be called again for the same records: nothing it writes may matter
    /// unless it names the record's own position. An exception that <see cref="IsOutage"/> knows pauses the input and is tried again.
    /// </summary>
    public abstract Task<TView> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping);

    /// <summary>
    /// Decides on one record: pure, no I/O, no clock. What it decides goes to <paramref name="outbox"/>, what later records of the batch must see
    /// into <paramref name="view"/>. A record for which it throws twice, alone, goes to the dead topic.
    /// </summary>
    public abstract void Decide(TView view, Incoming record, DateTime now, Outbox outbox);

    /// <summary>
    /// After the last decision of a batch, before the commit: writes to <paramref name="outbox"/> what is said once a batch rather than once a record,
    /// such as the state that its records leave behind. Pure, as <see cref="Decide"/> is. Not called for a batch in which a decision threw: the
    /// loop then starts over with a fresh view and a fresh outbox. When it throws itself, that counts against the records of its batch.
    /// </summary>
    public virtual void Conclude(TView view, DateTime now, Outbox outbox) { }

    /// <summary>
    /// After the commit: brings the hot state up to what was committed, each write on the condition that nothing newer is there.
    /// Outages are retried until it succeeds; a crash before that is made good by <see cref="AssignedAsync"/>.
    /// </summary>
    public virtual Task CommittedAsync(TView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>Before the first record of newly assigned partitions: catches the hot state up from the log. The partitions are paused meanwhile.</summary>
    public virtual Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>These partitions are another member's now. Nothing read from them may be written any more.</summary>
    public virtual void Revoked(IReadOnlyList<TopicPartition> partitions) { }

    /// <summary>
    /// The reader stands at the end of the partition and has passed everything before <paramref name="offset"/>, transaction markers included,
    /// all of it committed and applied.
    /// </summary>
    public virtual Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>About once a second between two batches, whether or not there are records: looks after hot state that may be lost while nothing arrives.</summary>
    public virtual Task WatchAsync(CancellationToken stopping) => Task.CompletedTask;

    /// <summary>Whether an exception of the asynchronous calls means that something is away, which is waited for, rather than a bad record or a bug.</summary>
    public virtual bool IsOutage(Exception exception) => exception is TimeoutException or IOException or SocketException or HttpRequestException;
}
