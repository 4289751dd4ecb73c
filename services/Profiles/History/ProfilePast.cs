using cdp;
using Cdp.Contracts;

namespace Cdp.Profiles.History;

/// <summary>Profiles as they were, from the retained events.</summary>
public sealed class ProfilePast(EventHistory history, ProfileIds ids)
{
    // Each reads the log from the profile's first event to its last: two at a time leave the loop its share, the others wait.
    private readonly SemaphoreSlim _turns = new(2);

    /// <param name="today">The profile today: between its first and its last positions all its events stand.</param>
    /// <param name="asOf">The last corrected time that counts.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>The profile; or null where the log does not reach back to its first event, and when what it still has was written.</returns>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is away.</exception>
    public async Task<(Profile? Profile, DateTime? ReachesFrom)> ReadAsync(Profile today, DateTime asOf, CancellationToken stopping)
    {
        HistoryRange[] ranges = [.. from first in today.since join last in today.reflects on (first.topic, first.partition) equals (last.topic, last.partition) select new HistoryRange(first.partition, first.offset, last.offset + 1)];
        var past = new PastState(today, asOf, ids);
        await _turns.WaitAsync(stopping);
        try
        {
            var reached = await Task.Run(() => history.Read(ranges, past.Keys, past.Add, stopping), stopping);
            var isWhole = reached.Zip(ranges).All(pair => pair.First.From == pair.Second.From);
            return isWhole ? (past.Profile, null) : (null, reached.Zip(ranges).Where(pair => pair.First.From > pair.Second.From).Max(pair => pair.First.At));
        }
        finally
        {
            _turns.Release();
        }
    }
}
