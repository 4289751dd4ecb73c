using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;

namespace Cdp.Profiles.Splitting.Jobs;

/// <summary>Tells how far the consumer group of the loop has processed its inputs, all members together.</summary>
/// <param name="kafka">The Kafka options.</param>
/// <param name="group">The name of the group, without the topic prefix.</param>
/// <param name="topics">The inputs of the loop.</param>
internal sealed class GroupProgress(KafkaOptions kafka, string group, IReadOnlyList<Topic> topics) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly GroupObserver _group = new(kafka, group);
    private readonly PartitionEnds _ends = new(kafka);

    /// <summary>
    /// Waits until everything that was in transit at the time of the call has arrived: all records in the inputs were processed, then all records they were
    /// forwarded as, and so on for the given number of hops. Returns earlier if a pass finds no new record.
    /// </summary>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is unavailable.</exception>
    public async Task SettleAsync(int hops, CancellationToken stopping)
    {
        for (var hop = 0; hop <= hops; hop++)
        {
            var ends = _ends.Of(topics);
            while (!_group.HasPassed(ends, stopping)) await Task.Delay(Pause, stopping);
            var then = _ends.Of(topics);
            if (ends.All(end => then[end.Key] == end.Value)) return;
        }
    }

    public void Dispose()
    {
        _group.Dispose();
        _ends.Dispose();
    }
}
