using cdp;
using Cdp.Contracts;
using Cdp.Streaming;

namespace Cdp.Profiles.Storing;

/// <summary>Brings a partition of a generation up to the end of the topic profiles, from wherever Redis says it is.</summary>
public static class CatchUp
{
    /// <param name="split">Told, before they are written, which profiles have a split pending.</param>
    /// <returns>The offset up to and including which everything is in Redis.</returns>
    /// <exception cref="IOException">Redis lost the partition meanwhile.</exception>
    public static async Task<long> RunAsync(KafkaOptions kafka, AvroCodec codec, ProfileStore store, int partition, CancellationToken stopping, Func<IReadOnlyCollection<string>, Task>? split = null)
    {
        var known = await store.PositionAsync(partition);
        var reached = await Changelog.ReadAsync(kafka, codec, Topics.Profiles, partition, known + 1, async changes =>
        {
            if (changes.Count == 0) return;
            if (split is not null) await split([.. changes.Where(change => change.Value is Profile { pending.Count: > 0 }).Select(change => change.Key!)]);
            StoredProfile[] profiles = [.. changes.Select(change => new StoredProfile(change.Key!, change.Value is { } value ? codec.Encode(Topics.Profiles, value) : null, change.Offset))];
            Check(await store.WriteAsync(partition, known, profiles));
            known = profiles[^1].Offset;
        }, stopping);
        Check(await store.MoveAsync(partition, known, reached - 1));
        return reached - 1;

        void Check(WriteOutcome write)
        {
            if (write == WriteOutcome.Behind) throw new IOException($"Redis lost profiles of partition {partition} while they were caught up from the log");
        }
    }
}
