using System.Diagnostics;
using System.Text;
using Cdp.Contracts;
using Confluent.Kafka;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming;

/// <summary>
/// The loop of every consuming service: poll, decode, decide, encode, commit. Outputs and input offsets commit in one transaction,
/// after which the hot state follows.
/// </summary>
internal sealed class StreamLoop<TView>(
    string prefix, StreamOptions options, Processor<TView> processor, BatchSource source, AvroCodec codec, TransactionalSink sink, Patience patience,
    TimeProvider time, Readiness readiness, StreamLog log)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Topic> _inputs = options.Inputs.ToDictionary(topic => prefix + topic.Name);
    private readonly StreamMeters _meters = new(options.Group);
    private CancellationToken _stopping;

    public void Run(CancellationToken stopping)
    {
        _stopping = stopping;
        var watched = Stopwatch.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            var batch = source.Poll();
            CatchUp();
            if (source.HasJoined && !source.IsAway) readiness.Report($"loop {options.Group}", true);
            else readiness.Report($"loop {options.Group}", false, "waiting for Kafka");
            if (Process(batch.Records)) Conclude(batch.Ends);
            if (Stopwatch.GetElapsedTime(watched) < WatchInterval) continue;
            Hot(() => processor.WatchAsync(_stopping));
            watched = Stopwatch.GetTimestamp();
        }
    }

    private void CatchUp()
    {
        for (var fresh = source.TakeFresh(); fresh.Count > 0; fresh = source.TakeFresh())
        {
            patience.Until("the previous owner's transaction", () => source.AwaitStable(fresh), patience.IsOutage);
            Hot(() => processor.AssignedAsync(fresh, _stopping));
        }
    }

    /// <summary>Answers whether all of it is committed. If not, it was aborted and will be polled again.</summary>
    private bool Process(IReadOnlyList<Raw> polled, bool again = false)
    {
        IReadOnlyList<Raw> records = [.. polled.Where(source.IsOwned)];
        if (records.Count == 0) return true;
        TView view;
        Outbox? outbox;
        try
        {
            var batch = Decode(records);
            view = Hot(() => processor.ReadAsync(batch, _stopping));
            // Reading may have lasted through a rebalance: what is no longer ours is not decided, and the rest starts over.
            outbox = records.All(source.IsOwned) ? Decide(view, batch) : null;
            if (outbox is not null) Commit(outbox, records);
        }
        catch (TransactionAbortedException e)
        {
            return Abort(e);
        }
        catch (Exception e) when (e is not (OperationCanceledException or KafkaException or ForeignStateException))
        {
            return Isolate(records, e, again);
        }
        // Outside of the try: what fails after a commit must not count against records that are committed.
        if (outbox is null) return Process(records, again);
        Hot(() => processor.CommittedAsync(view, outbox.Records, _stopping));
        return true;
    }

    /// <summary>
    /// Poison does not stop a partition and is not dropped. Halves of the batch are tried, in order, until the bad record stands alone;
    /// if it fails a second time it goes to the dead topic with its bytes.
    /// </summary>
    private bool Isolate(IReadOnlyList<Raw> records, Exception error, bool again)
    {
        if (records.Count > 1)
        {
            var half = records.Count / 2;
            return Process([.. records.Take(half)]) && Process([.. records.Skip(half)]);
        }
        if (!again) return Process(records, again: true);
        // The second try may have lasted through a rebalance, too; then the record is its new owner's to judge.
        if (!source.IsOwned(records[0])) return true;
        try
        {
            var outbox = new Outbox();
            DeadLetters.Add(outbox, records[0], options.Service, error, time.GetUtcNow().UtcDateTime);
            Commit(outbox, records);
        }
        catch (TransactionAbortedException e)
        {
            return Abort(e);
        }
        log.Died(records[0].Topic, records[0].Partition.Value, records[0].Offset.Value, $"{error.GetType().Name}: {error.Message}");
        _meters.Died();
        return true;
    }

    private List<Incoming> Decode(IReadOnlyList<Raw> records)
    {
        var batch = new List<Incoming>(records.Count);
        foreach (var record in records)
        {
            var value = patience.Until("the schema registry", () => codec.Decode(record.Message.Value ?? []), patience.IsOutage, source.Await);
            batch.Add(new Incoming(_inputs[record.Topic], DeadLetters.Position(record), record.Message.Key is { } key ? Encoding.UTF8.GetString(key) : null, value,
                record.Message.Timestamp.UtcDateTime, TraceHeader.Of(record.Message.Headers)));
        }
        return batch;
    }

    private Outbox Decide(TView view, IReadOnlyList<Incoming> batch)
    {
        var (outbox, now) = (new Outbox(), time.GetUtcNow().UtcDateTime);
        foreach (var record in batch)
        {
            using var activity = Telemetry.Start(options.Group, record);
            outbox.TraceParent = activity?.Id ?? record.TraceParent;
            processor.Decide(view, record, now, outbox);
        }
        outbox.TraceParent = null;
        processor.Conclude(view, now, outbox);
        return outbox;
    }

    private void Commit(Outbox outbox, IReadOnlyList<Raw> records)
    {
        var started = Stopwatch.GetTimestamp();
        var offsets = new Dictionary<TopicPartition, Offset>();
        foreach (var record in records) offsets[record.TopicPartition] = record.Offset + 1;
        TopicPartitionOffset[] next = [.. offsets.Select(offset => new TopicPartitionOffset(offset.Key, offset.Value))];
        sink.Commit(outbox.Records, next, source.GroupMetadata);
        source.Committed(next);
        _meters.Committed(records.Count, outbox.Records.Count, started, records.Min(record => record.Message.Timestamp.UtcDateTime), time.GetUtcNow().UtcDateTime);
    }

    /// <summary>An abort means a rewind: the consumer has moved past records that are not committed.</summary>
    private bool Abort(TransactionAbortedException e)
    {
        log.Aborted(e.Message);
        _meters.Aborted();
        source.Rewind();
        return false;
    }

    private void Conclude(IReadOnlyList<TopicPartitionOffset> ends)
    {
        foreach (var end in ends)
        {
            if (source.IsOwned(end.TopicPartition)) Hot(() => processor.EndReachedAsync(end.TopicPartition, end.Offset.Value, _stopping));
        }
        _meters.Lag(source.Lag);
    }

    private T Hot<T>(Func<Task<T>> call)
    {
        Task<T>? task = null;
        Hot(() => (Task)(task = call()));
        return task!.Result;
    }

    /// <summary>A call for the hot state: while something is away the input is paused and the call repeated.</summary>
    private void Hot(Func<Task> call) => patience.Until("the hot state", () =>
    {
        source.Await(call());
        return true;
    }, e => patience.IsOutage(e) || processor.IsOutage(e), source.Await);
}
