using System.Diagnostics;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;

namespace Cdp.Profiles.Splitting.Jobs;

/// <summary>Determines how far the consumer group of the loop has processed its inputs, all members together.</summary>
/// <param name="kafka">The Kafka options.</param>
/// <param name="group">The name of the group, without the topic prefix.</param>
/// <param name="topics">The inputs of the loop.</param>
internal sealed class GroupProgress(KafkaOptions kafka, string group, IReadOnlyList<Topic> topics) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Far longer than a loop that is not stalled needs to process the records in its inputs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly GroupObserver _group = new(kafka, group);
    private readonly PartitionEnds _ends = new(kafka);

    /// <summary>
    /// Waits until everything that was in transit at the time of the call has arrived: all records in the inputs were processed, then all records they were
    /// forwarded as, and so on for the given number of hops. Returns earlier if a pass finds no new record.
    /// </summary>
    /// <param name="hops">How many times a record can be forwarded.</param>
    /// <param name="stalled">Receives the reason for a wait that takes longer than usual.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is unavailable.</exception>
    public async Task SettleAsync(int hops, Action<string> stalled, CancellationToken stopping)
    {
        for (var hop = 0; hop <= hops; hop++)
        {
            var ends = _ends.Of(topics);
            for (var started = Stopwatch.GetTimestamp(); !_group.HasPassed(ends, stopping); await Task.Delay(Pause, stopping))
            {
                if (Stopwatch.GetElapsedTime(started) > Patience)
                {
                    stalled($"the group {group} does not process its inputs, which a split needs before it can continue");
                }
            }
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
