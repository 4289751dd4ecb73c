using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Integration.Loop;

/// <summary>Copies collected events to events.validated, and records the calls of the loop in order. Tests inject failures through the delegates.</summary>
internal sealed class RecordingProcessor : Processor<int>
{
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Called before each <see cref="PrepareAsync"/>; may wait or throw.</summary>
    public Func<IReadOnlyList<Incoming>, Task> OnRead { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before each decision; may throw.</summary>
    public Action<Incoming, Outbox> OnDecide { get; set; } = (_, _) => { };

    /// <summary>Called before each <see cref="FinishBatch"/>; may throw.</summary>
    public Action OnFinishBatch { get; set; } = () => { };

    /// <summary>Which records it copies; the others are read and committed without an output.</summary>
    public Predicate<Incoming> Copies { get; set; } = _ => true;

    /// <summary>Called after each commit; may throw.</summary>
    public Func<Task> OnCommitted { get; set; } = () => Task.CompletedTask;

    public override async Task<int> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        Calls.Enqueue($"read {batch.Count}");
        await OnRead(batch);
        return batch.Count;
    }

    public override void Decide(int view, Incoming record, DateTime now, Outbox outbox)
    {
        OnDecide(record, outbox);
        if (Copies(record))
            outbox.Add(
                Topics.EventsValidated,
                record.Key,
                new ValidatedEvent { envelope = ((CollectedEvent)record.Value).envelope, violations = [] },
                record.Position.partition);
    }

    public override void FinishBatch(int view, DateTime now, Outbox outbox)
    {
        OnFinishBatch();
        Calls.Enqueue($"finished {outbox.Records.Count}");
    }

    public override Task CommittedAsync(int view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        Calls.Enqueue($"committed {committed.Count(record => record.Offset >= 0)}");
        return OnCommitted();
    }

    /// <summary>Called before the first record of each assignment; may wait.</summary>
    public Func<Task> OnAssigned { get; set; } = () => Task.CompletedTask;

    /// <summary>Called about once a second between two batches.</summary>
    public Func<Task> OnWatch { get; set; } = () => Task.CompletedTask;

    public override Task WatchAsync(CancellationToken stopping) => OnWatch();

    public override Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        Calls.Enqueue($"assigned {partitions.Count}");
        return OnAssigned();
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => Calls.Enqueue($"revoked {partitions.Count}");

    public override Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping)
    {
        Calls.Enqueue($"end {partition.Partition.Value}@{offset}");
        return Task.CompletedTask;
    }

    /// <summary>Reports progress, as a long call does after each of its parts.</summary>
    public void NoteProgress() => Progressed();
}
