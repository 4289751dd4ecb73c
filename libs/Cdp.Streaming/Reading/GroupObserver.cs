using Cdp.Streaming.Clients;
using Confluent.Kafka;

namespace Cdp.Streaming.Reading;

/// <summary>Observes how far a group has processed its inputs, without joining the group. The calls block.</summary>
/// <param name="kafka">The cluster.</param>
/// <param name="group">The group, without the topic prefix.</param>
public sealed class GroupObserver(KafkaOptions kafka, string group) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly IConsumer<Ignore, Ignore> _consumer =
        new ConsumerBuilder<Ignore, Ignore>(kafka.Consumer(group)).SetLogHandler(KafkaClients.Silence).Build();

    /// <summary>
    /// Whether the group has processed every record before the given offsets. Its committed offsets alone do not show that: they point after the last record,
    /// but the transaction markers that follow have offsets too, although nothing processes them. An open transaction counts as not processed.
    /// </summary>
    /// <param name="ends">An offset of each partition.</param>
    /// <param name="stopping">Cancels the call.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public bool HasPassed(IReadOnlyDictionary<TopicPartition, long> ends, CancellationToken stopping)
    {
        TopicPartitionOffset[] behind = [.. _consumer.Committed(ends.Keys, CallTimeout)
            .Where(committed => committed.Offset.IsSpecial || committed.Offset.Value < ends[committed.TopicPartition])
            .Select(committed => committed.Offset.IsSpecial ? new TopicPartitionOffset(committed.TopicPartition, Offset.Beginning) : committed)];
        if (behind.Length == 0) return true;
        _consumer.Assign(behind);
        try
        {
            var open = behind.Select(partition => partition.TopicPartition).ToHashSet();
            while (open.Count > 0)
            {
                var next = _consumer.ConsumeWithin(timeout: null, stopping);
                if (next.Offset.Value < ends[next.TopicPartition]) return false;
                open.Remove(next.TopicPartition);
            }
            return true;
        }
        finally
        {
            // Otherwise the client would keep fetching.
            _consumer.Unassign();
        }
    }

    public void Dispose() => _consumer.Dispose();
}
