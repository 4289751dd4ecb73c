using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Integration.Loop;

/// <summary>Copies collected events to events.validated, and notes what the loop asked of it, in order. A test lays its trouble over it.</summary>
internal sealed class RecordingProcessor : Processor<int>
{
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Called before each read; may wait or throw.</summary>
    public Func<IReadOnlyList<Incoming>, Task> OnRead { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before each decision; may throw.</summary>
    public Action<Incoming, Outbox> OnDecide { get; set; } = (_, _) => { };

    /// <summary>Called after each commit; may throw.</summary>
    public Func<Task> OnCommitted { get; set; } = () => Task.CompletedTask;

    public override async Task<int> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        Calls.Enqueue($"read {batch.Count}");
        await OnRead(batch);
        return batch.Count;
    }

    public override void Decide(int view, Incoming record, DateTime now, Outbox outbox)
    {
        OnDecide(record, outbox);
        outbox.Add(Topics.EventsValidated, record.Key, new ValidatedEvent { envelope = ((CollectedEvent)record.Value).envelope, violations = [] }, record.Position.partition);
    }

    public override void Conclude(int view, DateTime now, Outbox outbox) => Calls.Enqueue($"concluded {outbox.Records.Count}");

    public override Task CommittedAsync(int view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        Calls.Enqueue($"committed {committed.Count(record => record.Offset >= 0)}");
        return OnCommitted();
    }

    public override Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        Calls.Enqueue($"assigned {partitions.Count}");
        return Task.CompletedTask;
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => Calls.Enqueue($"revoked {partitions.Count}");

    public override Task EndReachedAsync(TopicPartition partition, long offset, CancellationToken stopping)
    {
        Calls.Enqueue($"end {partition.Partition.Value}@{offset}");
        return Task.CompletedTask;
    }
}
