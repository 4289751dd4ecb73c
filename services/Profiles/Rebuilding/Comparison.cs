using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Profiles.Rebuilding;

/// <summary>The last record of a profile on the topic profiles.</summary>
public sealed record LoggedProfile(string Fingerprint, long Offset);

/// <summary>A profile whose states in the draft, in Redis and in the log are not equal.</summary>
public sealed class Mismatch
{
    /// <summary>The last record of the profile; null if the topic has none.</summary>
    public LoggedProfile? Log { get; set; }

    /// <summary>
    /// The fingerprints in Redis and in the log when both were last compared with the draft. If the next comparison finds the same, the profile was not
    /// changing, and the mismatch is a difference.
    /// </summary>
    public (string Redis, string? Log)? LastObserved { get; set; }
}

/// <summary>A profile whose state in Redis or in the log does not agree with events.identified.</summary>
/// <param name="ProfileId">The profile.</param>
/// <param name="What">The differences, each with both values.</param>
/// <param name="Replaces">The fingerprint of the state in Redis.</param>
/// <param name="Rebuilt">The state it should have.</param>
public sealed record Difference(string ProfileId, IReadOnlyList<string> What, string Replaces, Profile Rebuilt);

/// <summary>
/// Compares the draft with the generation in use and with the topic profiles. The service keeps folding during the comparison, so unequal profiles are compared
/// again. A mismatch is a difference if two comparisons find the same states, and between them the service has processed everything that was in the log at the
/// first one: then the state in use can have neither more nor fewer events than the draft.
/// </summary>
public sealed class Comparison(KafkaOptions kafka, AvroCodec codec, Folding folding, Draft draft, ProfileStore live, Replay replay, LiveProgress progress)
{
    /// <summary>The number of mismatches that are compared again. Further mismatches are only counted.</summary>
    private const int MaxMismatches = 10_000;

    private const int PageSize = 500;
    private static readonly TimeSpan RedisTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // For each partition: the next offset of the topic profiles to read, and the first retained offset of events.identified.
    private readonly long[] _nextOffsets = new long[kafka.Partitions];
    private readonly long[] _starts = new long[kafka.Partitions];

    /// <summary>The profiles that are unequal so far.</summary>
    public Dictionary<string, Mismatch> Mismatches { get; } = [];

    public long Equal { get; private set; }

    /// <summary>The number of profiles with events older than the log reaches. Their state is taken from the topic profiles.</summary>
    public long OlderThanLog { get; private set; }

    /// <summary>The number of unequal profiles that were not compared again.</summary>
    public long NotCompared { get; private set; }

    /// <summary>
    /// Reads how far back events.identified reaches. Must be called after the log was folded and before the first comparison: then the draft has all events of
    /// any profile that began at or after that point, whatever retention removes later.
    /// </summary>
    public async Task StartAsync()
    {
        for (var partition = 0; partition < _starts.Length; partition++)
        {
            _starts[partition] = await Changelog.StartAsync(kafka, Topics.EventsIdentified, partition);
        }
    }

    /// <summary>Compares all profiles of a partition once.</summary>
    public async Task CompareAsync(int partition, CancellationToken stopping)
    {
        var logged = new Dictionary<string, LoggedProfile>();
        var older = new HashSet<string>();
        _nextOffsets[partition] = await Changelog.ReadAsync(
            kafka, codec, Topics.Profiles, partition, 0, changes => ApplyAsync(changes, logged, older), stopping);
        OlderThanLog += older.Count;
        var page = new HashSet<string>();
        await foreach (var id in draft.IdsAsync(partition).WithCancellation(stopping))
        {
            if (!logged.ContainsKey(id!)) await AddAsync(id!);
        }
        foreach (var profileId in logged.Keys) await AddAsync(profileId);
        await CompareAsync(page, logged);

        async Task AddAsync(string profileId)
        {
            page.Add(profileId);
            if (page.Count < PageSize) return;
            await CompareAsync(page, logged);
            page.Clear();
        }
    }

    /// <summary>
    /// Compares the unequal profiles again, and returns those that are certain to be different. They remain mismatches until they are equal.
    /// </summary>
    public async Task<IReadOnlyList<Difference>> CompareAgainAsync(CancellationToken stopping)
    {
        for (var partition = 0; partition < kafka.Partitions; partition++) await replay.FoldEventsAsync(partition, stopping);
        var isCaughtUp = await progress.WaitAsync(draft.Progress.Events, stopping) && await ReadNewRecordsAsync(stopping);
        var differences = new List<Difference>();
        foreach (var page in Mismatches.Keys.ToArray().Chunk(PageSize))
        {
            var (rebuilt, redis) = (await draft.ReadAsync(page), await draft.ReadAsync(live, page));
            foreach (var profileId in page)
            {
                var (mismatch, expected, current) = (Mismatches[profileId], draft.Decode(rebuilt[profileId]), draft.Decode(redis[profileId]));
                var found = Fingerprint.Of(current);
                if (IsEqual(Fingerprint.Of(expected), found, mismatch.Log))
                {
                    await ResolveAsync(profileId, redis[profileId]);
                    continue;
                }
                var observed = (found, mismatch.Log?.Fingerprint);
                var isSplitting = current is { pending.Count: > 0 } or { awaited.Count: > 0 } || replay.Split.Contains(profileId);
                if (isCaughtUp && mismatch.LastObserved == observed && !isSplitting)
                {
                    var what = await DescribeAsync(profileId, expected, current, mismatch.Log, stopping);
                    differences.Add(new Difference(profileId, what, found, expected ?? Folding.Empty(profileId)));
                }
                mismatch.LastObserved = isCaughtUp ? observed : null;
            }
        }
        return differences;
    }

    /// <summary>Copies the profiles that are still unequal from the generation in use to the draft.</summary>
    public async Task KeepMismatchesAsync()
    {
        foreach (var page in Mismatches.Keys.ToArray().Chunk(PageSize))
        {
            var stored = await draft.ReadAsync(live, page);
            await draft.WriteAsync(stored.Where(profile => profile.Value is not null).Select(profile => (profile.Key, profile.Value!)));
        }
    }

    private async Task CompareAsync(IReadOnlyCollection<string> profileIds, Dictionary<string, LoggedProfile> logged)
    {
        var (rebuilt, redis) = (await draft.ReadAsync(profileIds), await draft.ReadAsync(live, profileIds));
        var copies = new List<(string, byte[])>();
        foreach (var profileId in profileIds)
        {
            var (expected, current, log) = (rebuilt[profileId], redis[profileId], logged.GetValueOrDefault(profileId));
            // The record of this merge is no longer retained.
            var isOldAlias = expected is null && draft.Decode(current) is { mergedInto: not null };
            if (isOldAlias) OlderThanLog++;
            if (isOldAlias || IsEqual(Fingerprint.Of(draft.Decode(expected)), Fingerprint.Of(draft.Decode(current)), log))
            {
                if (!isOldAlias) Equal++;
                if (current is not null && !current.AsSpan().SequenceEqual(expected)) copies.Add((profileId, current));
            }
            else if (Mismatches.Count < MaxMismatches) Mismatches.TryAdd(profileId, new Mismatch { Log = log });
            else NotCompared++;
        }
        // Equal states may differ in their lineage. Records in transit depend on the lineage of the state in use, so that state is copied.
        await draft.WriteAsync(copies);
    }

    private async Task ResolveAsync(string profileId, byte[]? current)
    {
        Mismatches.Remove(profileId);
        Equal++;
        if (current is not null) await draft.WriteAsync([(profileId, current)]);
    }

    private static bool IsEqual(string rebuilt, string redis, LoggedProfile? log) =>
        rebuilt == redis && rebuilt == (log?.Fingerprint ?? Fingerprint.Of(null));

    // Records the fingerprints of records, copies the parts of pending splits, and takes over profiles that are older than the log reaches.
    private async Task ApplyAsync(IReadOnlyList<Change> changes, Dictionary<string, LoggedProfile> logged, HashSet<string> older)
    {
        var taken = new Dictionary<string, Profile>();
        foreach (var change in changes)
        {
            if (change.Value is Profile part && PartRecord.IsPart(part))
            {
                await draft.WritePartAsync(part);
                continue;
            }
            var profile = change.Value is Profile written ? folding.WithinBounds(written) : null;
            logged[change.Key!] = new LoggedProfile(Fingerprint.Of(profile), change.Offset);
            if (profile is null || !IsOlderThanLog(profile)) continue;
            taken[change.Key!] = profile;
            older.Add(change.Key!);
        }
        await draft.WriteAsync(taken.Values);
    }

    // A state written before the field "since" existed does not say where it began, so it counts as older.
    private bool IsOlderThanLog(Profile profile) => profile.since.Count < profile.reflects.Count
        || profile.since.Any(first => first.partition < _starts.Length && first.offset < _starts[first.partition]);

    /// <summary>Reads the new records of unequal profiles, and waits until Redis has them. Returns false after a timeout.</summary>
    private async Task<bool> ReadNewRecordsAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(RedisTimeout);
        for (var partition = 0; partition < kafka.Partitions; partition++)
        {
            var last = ProfileStore.NoPosition;
            _nextOffsets[partition] = await Changelog.ReadAsync(kafka, codec, Topics.Profiles, partition, _nextOffsets[partition], async changes =>
            {
                var relevant = changes.Where(change => Mismatches.ContainsKey(change.Key!) || (change.Value is Profile record && PartRecord.IsPart(record)));
                var logged = new Dictionary<string, LoggedProfile>();
                await ApplyAsync([.. relevant], logged, []);
                foreach (var (profileId, record) in logged) Mismatches[profileId].Log = record;
                if (changes.Count > 0) last = changes[^1].Offset;
            }, stopping);
            while (await live.PositionAsync(partition) < last)
            {
                if (timeout.IsCancellationRequested) return false;
                await Task.Delay(Pause, stopping);
            }
        }
        return true;
    }

    private async Task<IReadOnlyList<string>> DescribeAsync(
        string profileId, Profile? expected, Profile? current, LoggedProfile? log, CancellationToken stopping)
    {
        var fingerprint = Fingerprint.Of(expected);
        List<string> what = [];
        if (Fingerprint.Of(current) != fingerprint) what.AddRange(Differences.Of(current, "Redis", expected));
        if ((log?.Fingerprint ?? Fingerprint.Of(null)) == fingerprint) return what;
        var record = log is null ? null : await Changelog.FindAsync(kafka, codec, Topics.Profiles, draft.Partition(profileId), log.Offset, stopping);
        what.AddRange(Differences.Of(record is Profile written ? folding.WithinBounds(written) : null, "the topic profiles", expected));
        return what;
    }
}
