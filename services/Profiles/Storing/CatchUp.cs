using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Profiles.Storing;

/// <summary>Brings one partition of a generation in Redis up to the end of the topic profiles, starting at the position that Redis has reached.</summary>
public static class CatchUp
{
    /// <param name="kafka">The Kafka options.</param>
    /// <param name="codec">Decodes and encodes profiles.</param>
    /// <param name="store">The generation to catch up.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="stopping">Cancels the catch-up.</param>
    /// <param name="onPendingSplits">Called with the ids of profiles that have a pending split, before those profiles are written.</param>
    /// <returns>The offset up to and including which every record is in Redis.</returns>
    /// <exception cref="IOException">Redis lost the partition during the catch-up.</exception>
    public static async Task<long> RunAsync(
        KafkaOptions kafka,
        AvroCodec codec,
        ProfileStore store,
        int partition,
        CancellationToken stopping,
        Func<IReadOnlyCollection<string>, Task>? onPendingSplits = null)
    {
        var known = await store.PositionAsync(partition);
        var reached = await Changelog.ReadAsync(kafka, codec, Topics.Profiles, partition, known + 1, async changes =>
        {
            if (changes.Count == 0) return;
            if (onPendingSplits is not null) await onPendingSplits([.. changes.Where(HasPendingSplit).Select(change => change.Key!)]);
            StoredProfile[] profiles = [.. changes.Select(change => StoredProfile.Of(codec, change.Key!, (Profile?)change.Value, change.Offset))];
            Check(await store.WriteAsync(partition, known, profiles));
            known = profiles[^1].Offset;
        }, stopping);
        Check(await store.MovePositionAsync(partition, known, reached - 1));
        return reached - 1;

        static bool HasPendingSplit(Change change) => change.Value is Profile profile && PartRecord.NamesPendingSplit(profile);

        void Check(WriteOutcome write)
        {
            if (write == WriteOutcome.Behind) throw new IOException($"Redis lost profiles of partition {partition} while it was catching up from the log");
        }
    }
}
