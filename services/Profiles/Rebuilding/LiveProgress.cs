using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Profiles.Rebuilding;

/// <summary>Tells whether the live service has processed the log up to a point. It reads the service's committed offsets, and takes no part in its group.</summary>
public sealed class LiveProgress : IDisposable
{
    // An event may be passed on, from a profile that became part of another to the next, and then to its account.
    private const int Hops = 4;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly KafkaOptions _kafka;
    private readonly IConsumer<Ignore, Ignore> _consumer;

    public LiveProgress(KafkaOptions kafka)
    {
        _kafka = kafka;
        _consumer = new ConsumerBuilder<Ignore, Ignore>(kafka.Consumer(ProfilesService.Group)).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>Waits until the service has processed its inputs up to these ends of events.identified, and what it passed on to itself meanwhile. False: not within the bound.</summary>
    public async Task<bool> PassAsync(IReadOnlyList<long> ends, CancellationToken stopping)
    {
        if (!await PassAsync(Topics.EventsIdentified, ends, stopping)) return false;
        for (var hop = 0; hop < Hops; hop++)
        {
            var transfers = await Task.WhenAll(Enumerable.Range(0, _kafka.Partitions).Select(partition => Changelog.EndAsync(_kafka, Topics.ProfilesTransfers, partition)));
            if (!await PassAsync(Topics.ProfilesTransfers, transfers, stopping)) return false;
        }
        return true;
    }

    public void Dispose() => _consumer.Dispose();

    private async Task<bool> PassAsync(Topic topic, IReadOnlyList<long> ends, CancellationToken stopping)
    {
        using var bound = new CancellationTokenSource(Bound);
        TopicPartition[] partitions = [.. ends.Select((_, partition) => new TopicPartition(_kafka.TopicPrefix + topic.Name, partition))];
        while (!bound.IsCancellationRequested)
        {
            var behind = await Task.Run(() => Behind(partitions, ends), stopping);
            if (!behind) return true;
            await Task.Delay(Pause, stopping);
        }
        return false;
    }

    /// <summary>
    /// Whether a committed record stands between what the service has committed and an end. The offsets alone do not tell: the markers of transactions, which
    /// nobody commits, have offsets too.
    /// </summary>
    private bool Behind(TopicPartition[] partitions, IReadOnlyList<long> ends)
    {
        TopicPartitionOffset[] from = [.. _consumer.Committed(partitions, CallTimeout)
            .Where(committed => committed.Offset.Value < ends[committed.Partition.Value])
            .Select(committed => committed.Offset == Offset.Unset ? new TopicPartitionOffset(committed.TopicPartition, Offset.Beginning) : committed)];
        if (from is []) return false;
        _consumer.Assign(from);
        try
        {
            var open = from.Select(partition => partition.TopicPartition).ToHashSet();
            while (open.Count > 0)
            {
                if (_consumer.Consume(CallTimeout) is not { } result) return true;
                if (result.Offset.Value >= ends[result.Partition.Value] || result.IsPartitionEOF) open.Remove(result.TopicPartition);
                else return true;
            }
            return false;
        }
        finally
        {
            _consumer.Unassign();
        }
    }
}
