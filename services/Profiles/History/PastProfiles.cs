using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.History;

/// <summary>Computes profiles as they were at an earlier time, from the retained events.</summary>
public sealed class PastProfiles(EventHistory history, Folding folding)
{
    // Each request reads the log from the profile's first event to its last. At most two run at a time, to leave the loop its share of the machine.
    private readonly SemaphoreSlim _turns = new(2);

    /// <param name="today">The profile as it is today. All its events are between its first and last positions.</param>
    /// <param name="asOf">The last event time, after clock correction, that is included.</param>
    /// <param name="stopping">Cancels the read.</param>
    /// <returns>
    /// The profile; or null if the log no longer has its first event, with the time at which the first retained record was written (null if there is none).
    /// </returns>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is unavailable.</exception>
    public async Task<(Profile? Profile, DateTime? ReachesFrom)> ReadAsync(Profile today, DateTime asOf, CancellationToken stopping)
    {
        var query = from first in today.since
                    join last in today.reflects on (first.topic, first.partition) equals (last.topic, last.partition)
                    select new HistoryRange(first.partition, first.offset, last.offset + 1);
        HistoryRange[] ranges = [.. query];
        var past = new PastState(today, asOf, folding);
        await _turns.WaitAsync(stopping);
        try
        {
            var reached = await Task.Run(() => history.Read(ranges, past.Keys, past.Add, stopping), stopping);
            var cutOff = reached.Zip(ranges).Where(pair => pair.First.From > pair.Second.From).ToList();
            return cutOff is [] ? (past.Profile, null) : (null, cutOff.Max(pair => pair.First.At));
        }
        finally
        {
            _turns.Release();
        }
    }
}
