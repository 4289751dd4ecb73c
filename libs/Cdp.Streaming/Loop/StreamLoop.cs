using System.Diagnostics;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Loop;

/// <summary>
/// The loop of every consuming service: poll, decode, decide, encode, commit. Outputs and input offsets commit in one transaction, then the hot state is
/// updated.
/// </summary>
internal sealed class StreamLoop<TView>(LoopContext context, Processor<TView> processor, BatchSource source, TransactionalSink sink)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    // After this time without a batch the ends of partitions are committed in a transaction of their own: one after each burst, not one after each record.
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(2);

    private readonly StreamOptions _options = context.Options;
    private readonly OutageRetry _outageRetry = context.OutageRetry;
    private readonly BatchDecoder _decoder = new(context, source, processor.Skips);
    private readonly BatchCommitter _committer = new(context, source, sink);
    private readonly HotStateReader<TView> _hotState = new(processor, partition => source.Owned.Contains(partition));
    private readonly AbortStreak _aborts = new();
    private long _busySince = Stopwatch.GetTimestamp();
    // The count of lost sessions at the time of the last commit.
    private int _lostSessions;
    private CancellationToken _stopping;

    public void Run(CancellationToken stopping)
    {
        _stopping = stopping;
        var watched = Stopwatch.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            var batch = processor.IsFull ? source.PollNothing() : source.Poll();
            CatchUp();
            if (!source.HasJoined || source.IsDisconnected) context.Readiness.Report(context.Part, false, "waiting for Kafka");
            // After many aborts the readiness keeps their report until a transaction commits.
            else if (!_aborts.IsLasting) context.Readiness.Report(context.Part, true, context.Meters.LagSummary);
            if (Process(batch.Records, new GivenUpRecords())) ReportEnds(batch.Ends);
            if (processor.HasDueWork) ProcessDueWork();
            CommitEndsWhenIdle(batch);
            if (Stopwatch.GetElapsedTime(watched) < WatchInterval) continue;
            RetryUntilAvailable(() => processor.WatchAsync(_stopping));
            watched = Stopwatch.GetTimestamp();
        }
    }

    private void CatchUp()
    {
        for (var assigned = source.TakeNewlyAssigned(); assigned.Count > 0; assigned = source.TakeNewlyAssigned())
        {
            source.CheckCoPartitioning();
            _outageRetry.Run("the previous owner's transaction", () => source.AwaitStable(assigned), _outageRetry.IsOutage);
            CommitStarts();
            // There may have been a rebalance while it waited.
            RetryUntilAvailable(() =>
            {
                TopicPartition[] owned = [.. assigned.Where(source.Owned.Contains)];
                return owned.Length > 0 ? processor.AssignedAsync(owned, _stopping) : Task.CompletedTask;
            });
        }
    }

    /// <summary>
    /// Commits where a new group begins before it reads anything: after a restart it would otherwise begin again, behind what arrived meanwhile.
    /// </summary>
    private void CommitStarts()
    {
        if (_options.Start is null || source.Ends.Count == 0) return;
        try
        {
            _committer.CommitEnds();
        }
        catch (TransactionAbortedException e)
        {
            // The start is committed with the next transaction.
            context.Log.Aborted(e.Message);
        }
    }

    /// <summary>
    /// Processes polled records. Returns whether all of them are committed; if not, the transaction was aborted and they will be polled again.
    /// </summary>
    private bool Process(IReadOnlyList<Raw> polled, GivenUpRecords givenUp, bool again = false)
    {
        IReadOnlyList<Raw> records = [.. polled.Where(source.IsOwned)];
        if (records.Count == 0) return true;
        Attempt? attempt;
        try
        {
            // Deciding and encoding may need a schema too. While the registry does not provide it, the records are decided again.
            attempt = _outageRetry.Run("the schema registry", () => DecideAndCommit(records, givenUp), e => e is SchemaUnavailableException);
        }
        catch (TransactionAbortedException e)
        {
            return Abort(e);
        }
        catch (Exception e) when (Faults.AreCausedByRecord(e))
        {
            return Isolate(records, e, givenUp, again);
        }
        // Outside of the try: a failure after the commit must not be blamed on records that are committed.
        if (attempt is null) return Process(records, givenUp, again);
        if (attempt.Failed is [var (_, error), ..])
            return GiveUp(attempt.Failed, givenUp) ? Process(records, givenUp, again) : Isolate(records, error, givenUp, again);
        if (attempt.HasView) RetryUntilAvailable(() => processor.CommittedAsync(attempt.View!, attempt.Outbox.Records, _stopping));
        return true;
    }

    /// <summary>Does the work that no record causes. Its outputs are fenced like those of a batch: the offsets are committed once more with them.</summary>
    private void ProcessDueWork()
    {
        var view = RetryUntilAvailable(() => processor.PrepareAsync([], _stopping));
        try
        {
            var outbox = _outageRetry.Run("the schema registry", () => FinishAndCommit(view), e => e is SchemaUnavailableException);
            RetryUntilAvailable(() => processor.CommittedAsync(view, outbox.Records, _stopping));
        }
        catch (TransactionAbortedException e)
        {
            Abort(e);
        }
        catch (UnwritableRecordException e)
        {
            processor.DueWorkRefused(view, e);
        }
    }

    // Partitions may be lost during a wait for the registry, so each attempt makes its own outputs.
    private Outbox FinishAndCommit(TView view)
    {
        var outbox = new Outbox();
        processor.FinishBatch(view, context.Now, outbox);
        if (outbox.Records.Count == 0) return outbox;
        _committer.CommitDueWork(outbox);
        Committed();
        return outbox;
    }

    /// <summary>Decides, and commits unless a decision failed or partitions were lost meanwhile.</summary>
    private Attempt? DecideAndCommit(IReadOnlyList<Raw> records, GivenUpRecords givenUp)
    {
        var attempt = Decide(records, givenUp);
        if (attempt is not { Failed.Count: 0 }) return attempt;
        _committer.Commit(attempt.Outbox, records, givenUp.Among(records));
        Committed();
        return attempt;
    }

    /// <summary>
    /// Decides on each record in order. After a failure the view may be inconsistent, so the outputs are useless; the other records are still decided, to find
    /// every record that fails in one pass. Null if partitions were revoked meanwhile: their records must not be decided.
    /// </summary>
    private Attempt? Decide(IReadOnlyList<Raw> polled, GivenUpRecords givenUp)
    {
        var (records, batch) = _decoder.Decode(polled, givenUp);
        if (batch.Count == 0) return polled.All(source.IsOwned) ? new Attempt(default, HasView: false, new Outbox(), []) : null;
        var view = RetryUntilAvailable(() => _hotState.ReadAsync(batch, _stopping));
        if (!polled.All(source.IsOwned)) return null;
        var (outbox, now) = (new Outbox(), context.Now);
        List<(Raw, Exception)> failed = [];
        for (var i = 0; i < batch.Count; i++)
        {
            using var activity = Telemetry.Start(_options.Group, records[i].Topic, batch[i]);
            outbox.TraceParent = activity?.Id ?? batch[i].TraceParent;
            try
            {
                processor.Decide(view, batch[i], now, outbox);
            }
            catch (Exception e) when (IsCausedByRecord(e))
            {
                failed.Add((records[i], e));
            }
        }
        outbox.TraceParent = null;
        if (failed.Count == 0) processor.FinishBatch(view, now, outbox);
        return new Attempt(view, HasView: true, outbox, failed);
    }

    /// <summary>
    /// Gives up the records whose decision fails twice more, each alone and with a fresh view: in the batch they may have failed only because of a record
    /// before them. Returns whether there are any; if not, the records fail only together, and the batch must be halved.
    /// </summary>
    private bool GiveUp(IReadOnlyList<(Raw Record, Exception Error)> failed, GivenUpRecords givenUp)
    {
        var before = givenUp.Count;
        foreach (var (record, _) in failed)
        {
            if (FailureAlone(record) is not null && FailureAlone(record) is { } error) givenUp.Add(record, error);
        }
        return givenUp.Count > before;
    }

    // Decode the record again, because the decision that failed may have modified it.
    private Exception? FailureAlone(Raw raw)
    {
        try
        {
            var record = _decoder.Decode(raw);
            processor.Decide(RetryUntilAvailable(() => _hotState.ReadAsync([record], _stopping)), record, context.Now, new Outbox());
            return null;
        }
        catch (Exception e) when (IsCausedByRecord(e))
        {
            return e;
        }
    }

    private bool IsCausedByRecord(Exception error) => Faults.AreCausedByRecord(error) && !_outageRetry.IsOutage(error);

    /// <summary>
    /// Handles a failure of a whole batch, in reading, finishing or committing it, which does not show the record that causes it. Halves are tried, in order,
    /// until the bad record is alone; if it fails a second time it is given up.
    /// </summary>
    private bool Isolate(IReadOnlyList<Raw> records, Exception error, GivenUpRecords givenUp, bool again)
    {
        if (records.Count > 1)
        {
            var half = records.Count / 2;
            return Process([.. records.Take(half)], givenUp) && Process([.. records.Skip(half)], givenUp);
        }
        // Its dead letter cannot be written either: nothing is left to try.
        if (again && givenUp.Contains(records[0])) throw _committer.Refused(records[0], error);
        if (again) givenUp.Add(records[0], error);
        return Process(records, givenUp, again: true);
    }

    /// <summary>
    /// Rewinds after an abort, because the consumer has moved past records that are not committed. Repeated aborts are retried more and more slowly.
    /// </summary>
    private bool Abort(TransactionAbortedException e)
    {
        context.Log.Aborted(e.Message);
        context.Meters.Aborted();
        source.Rewind();
        var pause = _aborts.Next();
        if (_aborts.IsLasting) context.Readiness.Report(context.Part, false, $"{_aborts.Count} transactions were aborted in a row: {e.Message}");
        source.Await(Task.Delay(pause, _stopping));
        if (e.IsProducerForgotten) ReplaceProducer(e);
        // The aborted records are yet to be read again.
        _busySince = Stopwatch.GetTimestamp();
        return false;
    }

    /// <summary>
    /// Replaces a producer whose transactional id is unknown to the coordinator. A new producer takes the id from its present holder. If this member has never
    /// left its group, there is none: the id has expired. Otherwise a successor may have been started under the same name, and must not be fenced.
    /// </summary>
    private void ReplaceProducer(TransactionAbortedException e)
    {
        if (source.LostSessions != _lostSessions)
        {
            var reason = $"this member has lost its session, and its transactional id has expired or belongs to a successor: {e.Message}";
            throw new KafkaException(new Error(ErrorCode.Local_Fenced, reason, isFatal: true));
        }
        sink.ReplaceProducer();
        _outageRetry.Run("Kafka's transactions", sink.Init, _outageRetry.IsOutage);
    }

    private void ReportEnds(IReadOnlyList<TopicPartitionOffset> ends)
    {
        foreach (var end in ends)
        {
            if (source.IsOwned(end.TopicPartition)) RetryUntilAvailable(() => processor.EndReachedAsync(end.TopicPartition, end.Offset.Value, _stopping));
            // There may have been a rebalance while it waited for the hot state.
            if (source.IsOwned(end.TopicPartition)) source.Ends.Reached(end);
        }
    }

    /// <summary>
    /// Commits the ends of partitions after some time without records. If there are none, aborted records now belong to another member, or are gone.
    /// </summary>
    private void CommitEndsWhenIdle(Batch batch)
    {
        if (batch.Records.Count > 0) _busySince = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_busySince) < IdleTime) return;
        if (source.Ends.Count == 0)
        {
            _aborts.End();
            return;
        }
        try
        {
            _committer.CommitEnds();
            Committed();
        }
        catch (TransactionAbortedException e)
        {
            Abort(e);
        }
    }

    private void Committed()
    {
        _aborts.End();
        _lostSessions = source.LostSessions;
    }

    private T RetryUntilAvailable<T>(Func<Task<T>> call)
    {
        Task<T>? task = null;
        RetryUntilAvailable(() => (Task)(task = call()));
        return task!.Result;
    }

    /// <summary>Makes an asynchronous call of the processor, and repeats it while a dependency is unavailable. The input is paused meanwhile.</summary>
    private void RetryUntilAvailable(Func<Task> call) => _outageRetry.Run(
        processor.Dependency,
        () => source.Await(call(), processor.Dependency, () => processor.ProgressedAt),
        e => _outageRetry.IsOutage(e) || processor.IsOutage(e));

    /// <summary>One pass over a batch.</summary>
    /// <param name="View">The hot state that was read for it.</param>
    /// <param name="HasView">False if every record was given up before.</param>
    /// <param name="Outbox">The records to write, if nothing failed.</param>
    /// <param name="Failed">The records whose decision failed, in order.</param>
    private sealed record Attempt(TView? View, bool HasView, Outbox Outbox, IReadOnlyList<(Raw Record, Exception Error)> Failed);
}
