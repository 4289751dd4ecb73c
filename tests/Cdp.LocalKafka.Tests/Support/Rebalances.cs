using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>The calls of a member's rebalance handlers, in order, and the errors that its client raised.</summary>
internal sealed class Rebalances
{
    public ConcurrentQueue<TopicPartition> Assigned { get; } = new();
    public ConcurrentQueue<TopicPartition> Revoked { get; } = new();
    public ConcurrentQueue<Error> Errors { get; } = new();

    /// <summary>How often partitions were assigned or revoked, empty sets included.</summary>
    public int Count => Volatile.Read(ref _count);

    private int _count;

    public void Watch(ConsumerBuilder<string?, string?> builder) => builder
        .SetPartitionsAssignedHandler((_, partitions) => Note(Assigned, partitions))
        .SetPartitionsRevokedHandler((_, partitions) => Note(Revoked, partitions.Select(partition => partition.TopicPartition)))
        .SetPartitionsLostHandler((_, partitions) => Note(Revoked, partitions.Select(partition => partition.TopicPartition)));

    private void Note(ConcurrentQueue<TopicPartition> queue, IEnumerable<TopicPartition> partitions)
    {
        Interlocked.Increment(ref _count);
        foreach (var partition in partitions) queue.Enqueue(partition);
    }
}
