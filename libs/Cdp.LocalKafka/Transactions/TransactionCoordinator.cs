using System.Collections.Concurrent;
using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Requests;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Transactions;

/// <summary>
/// Runs transactions. Every state is written to the transaction log before it takes effect. A decision in the log is always carried out, at the next
/// start if necessary; writing a marker twice is harmless. There is one lock per transactional id, which is taken before a group's or a partition's
/// lock, never after.
/// </summary>
internal sealed partial class TransactionCoordinator : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Entry> _byId = new(StringComparer.Ordinal);
    private readonly TopicStore _topics;
    private readonly GroupCoordinator _groups;
    private readonly TimeProvider _time;
    private readonly TransactionOptions _options;
    private readonly TransactionLog _log;
    private readonly ILogger _logger;
    private readonly DeadlineTimer<Entry> _deadlines;
    private readonly DeadlineTimer<Sweep> _sweeps;

    /// <summary>Reads the transaction log and completes decided transactions. Ongoing transactions keep their timeout.</summary>
    public TransactionCoordinator(TopicStore topics, GroupCoordinator groups, TimeProvider time, TransactionOptions options, ILogger logger)
    {
        (_topics, _groups, _time, _options, _logger) = (topics, groups, time, options, logger);
        _log = new TransactionLog(topics);
        _deadlines = new DeadlineTimer<Entry>(time, () => Now, Expire);
        _sweeps = new DeadlineTimer<Sweep>(time, () => Now, static (sweep, now) => sweep.Run(now));
        foreach (var transaction in _log.Load())
        {
            var entry = _byId[transaction.TransactionalId] = new Entry { Current = transaction };
            if (transaction.IsPrepared) Complete(entry);
            _deadlines.Schedule(entry, transaction.Deadline);
        }
        foreach (var sweep in Sweeps) _sweeps.Schedule(sweep, Now + sweep.EveryMs);
    }

    /// <summary>The transaction entries of the dispatch table, for transactions V1 (without the second part of KIP-890).</summary>
    public IEnumerable<Api> Apis => [.. TransactionApis.Rows(this, _topics), .. Admin.Rows];

    public TransactionAdminApis Admin => new(this, _topics, _groups.Offsets, _time);

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Stops the timers. Ongoing transactions stay ongoing until the next start. The logs must still be open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sweeps.DisposeAsync().ConfigureAwait(false);
        await _deadlines.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The current state of each transactional id.</summary>
    public IEnumerable<Transaction> All => _byId.Values.Select(entry => entry.Current).OfType<Transaction>();

    public Transaction? Find(string transactionalId) => _byId.GetValueOrDefault(transactionalId)?.Current;

    /// <summary>
    /// Verifies that a batch of this producer may be appended (KIP-890). Returns INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING,
    /// CONCURRENT_TRANSACTIONS while markers are being written, or INVALID_TXN_STATE if the partition was not added. Takes no lock; call it under the
    /// partition's lock. The state changes from Ongoing before the first marker takes that lock, so an append that was verified comes before its marker, and no
    /// append can come after the marker.
    /// </summary>
    public ErrorCode Verify(string transactionalId, long producerId, short producerEpoch, TopicPartition partition)
    {
        var current = Find(transactionalId);
        var error = TransactionSteps.Verify(current, producerId, producerEpoch);
        if (error == ErrorCode.ProducerFenced) return ErrorCode.InvalidProducerEpoch;
        if (error != ErrorCode.None) return error;
        return current!.State == TransactionState.Ongoing && current.Partitions.Contains(partition)
            ? ErrorCode.None
            : ErrorCode.InvalidTxnState;
    }

    /// <returns>The producer id and epoch, or the error.</returns>
    public (ErrorCode Error, long ProducerId, short Epoch) Initialise(string? transactionalId, int timeoutMs, (long Id, short Epoch)? expected)
    {
        if (transactionalId is null) return (ErrorCode.None, _log.NewProducerId(), 0);
        if (transactionalId.Length == 0) return (ErrorCode.InvalidRequest, -1, -1);
        if (timeoutMs <= 0 || timeoutMs > _options.MaxTimeout.TotalMilliseconds) return (ErrorCode.InvalidTransactionTimeout, -1, -1);

        var entry = _byId.GetOrAdd(transactionalId, static _ => new Entry());
        lock (entry.Gate)
        {
            if (entry.IsForgotten) return (ErrorCode.ConcurrentTransactions, -1, -1); // removed since the lookup; the retry creates a new entry
            var step = TransactionSteps.Initialise(entry.Current, transactionalId, expected, timeoutMs, _log.NewProducerId, Now);
            if (step.Next is not { } next) return (step.Error, -1, -1);
            Save(entry, next);
            if (!next.IsPrepared) return (ErrorCode.None, next.ProducerId, next.ProducerEpoch);
            Complete(entry);
            return (ErrorCode.ConcurrentTransactions, -1, -1);
        }
    }

    public ErrorCode AddPartitions(string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions) =>
        Run(transactionalId, entry => TransactionSteps.AddPartitions(entry.Current, producerId, epoch, partitions, Now));

    /// <summary>Returns after all markers are written, so later reads see either the whole transaction or none of it.</summary>
    public ErrorCode End(string transactionalId, long producerId, short epoch, bool commit) =>
        Run(transactionalId, entry => TransactionSteps.End(entry.Current, producerId, epoch, commit, Now));

    /// <summary>Stores offsets as part of the transaction, which cannot end meanwhile.</summary>
    /// <param name="request">The offsets to commit.</param>
    /// <param name="notCovered">The error if the transaction does not include the group's offsets.</param>
    public List<CommittedTopic> CommitOffsets(TxnOffsetCommitRequest request, ErrorCode notCovered)
    {
        if (request.GroupId.Length == 0) return OffsetCommits.Refuse(request, ErrorCode.InvalidGroupId);
        if (!_byId.TryGetValue(request.TransactionalId, out var entry)) return OffsetCommits.Refuse(request, ErrorCode.InvalidProducerIdMapping);
        lock (entry.Gate)
        {
            return Verify(request.TransactionalId, request.ProducerId, request.ProducerEpoch, new TopicPartition(TopicStore.OffsetsTopic, 0)) switch
            {
                ErrorCode.None => _groups.Offsets.CommitPending(request),
                ErrorCode.InvalidTxnState => OffsetCommits.Refuse(request, notCovered),
                var error => OffsetCommits.Refuse(request, error),
            };
        }
    }

    private ErrorCode Run(string transactionalId, Func<Entry, Step> step)
    {
        if (transactionalId.Length == 0) return ErrorCode.InvalidRequest;
        if (!_byId.TryGetValue(transactionalId, out var entry)) return ErrorCode.InvalidProducerIdMapping;
        lock (entry.Gate)
        {
            var (error, next) = step(entry);
            if (next is null) return error;
            Save(entry, next);
            if (next.IsPrepared) Complete(entry);
            _deadlines.Schedule(entry, next.Deadline);
        }
        return ErrorCode.None;
    }

    private void Save(Entry entry, Transaction next)
    {
        _log.Append(next);
        entry.Current = next;
    }

    private void Complete(Entry entry)
    {
        var prepared = entry.Current!;
        var commit = prepared.State == TransactionState.PrepareCommit;
        try
        {
            foreach (var partition in prepared.Partitions) WriteMarker(partition, prepared, commit);
            _groups.Offsets.EndTransaction(prepared.ProducerId, commit);
            Save(entry, TransactionSteps.Complete(prepared, Now));
            entry.IsStuck = false;
        }
        catch
        {
            _deadlines.Schedule(entry, Now + RetryMs);
            throw;
        }
    }

    private void WriteMarker(TopicPartition partition, Transaction prepared, bool commit)
    {
        var topic = _topics.Find(partition.Topic);
        try
        {
            topic?.Partition(partition.Partition)?.AppendMarker(prepared.ProducerId, prepared.ProducerEpoch, commit, coordinatorEpoch: 0);
        }
        catch (ObjectDisposedException) when (_topics.Find(partition.Topic) != topic)
        {
            // The topic was deleted since the lookup, so there is no log for the marker.
        }
    }

    /// <summary>The current state of one transactional id. It is read without its lock and replaced under it.</summary>
    private sealed class Entry
    {
        private volatile Transaction? _current;

        public Lock Gate { get; } = new();
        public Transaction? Current { get => _current; set => _current = value; }

        /// <summary>Whether the id has expired and this entry is no longer in use.</summary>
        public bool IsForgotten { get; set; }

        /// <summary>Whether it was already logged that the decision could not be carried out.</summary>
        public bool IsStuck { get; set; }
    }
}
