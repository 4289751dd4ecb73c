using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Storing;
using Cdp.Streaming;

namespace Cdp.Profiles.Rebuilding;

/// <summary>The last record of a profile on the topic profiles.</summary>
public sealed record Logged(string Fingerprint, long Offset);

/// <summary>A profile whose states are not the same, as it was found last.</summary>
public sealed class Open
{
    /// <summary>Null where the topic has no record of it.</summary>
    public Logged? Log { get; set; }

    /// <summary>What Redis and the log said, if what was folded anew said otherwise; when it is found twice, nothing was in motion.</summary>
    public (string Redis, string? Log)? Seen { get; set; }
}

/// <summary>A profile that says in Redis or in the log what events.identified does not say.</summary>
/// <param name="ProfileId">The profile.</param>
/// <param name="What">What is different, both sides.</param>
/// <param name="Replaces">The fingerprint of what is in Redis.</param>
/// <param name="Rebuilt">What it should be.</param>
public sealed record Difference(string ProfileId, IReadOnlyList<string> What, string Replaces, Profile Rebuilt);

/// <summary>
/// Compares the draft with the generation in use and with the topic profiles. States are read while the service goes on folding, so that unequal ones are
/// looked at again: a difference is one that is found twice, the same, with the service having passed in between everything that was in the log when it was
/// found first. Then the state that it has cannot hold more than what was folded anew, nor less.
/// </summary>
public sealed class Comparison(KafkaOptions kafka, AvroCodec codec, Draft draft, ProfileStore live, Replay replay, LiveProgress progress)
{
    /// <summary>What is looked at again; more than this is told as a number.</summary>
    private const int MostOpen = 10_000;

    private const int Page = 500;
    private static readonly TimeSpan RedisBound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly long[] _logged = new long[kafka.Partitions];
    private readonly long[] _starts = new long[kafka.Partitions];

    public Dictionary<string, Open> Open { get; } = [];

    public long Equal { get; private set; }

    /// <summary>Profiles with events that are older than the log reaches: for them the topic profiles speaks.</summary>
    public long Beyond { get; private set; }

    /// <summary>Unequal profiles that were not looked at again.</summary>
    public long Passed { get; private set; }

    /// <summary>
    /// Asks how far back events.identified reaches. Before the first partition is compared, and after the log was folded: a profile that began no earlier has
    /// all its events in the draft, whatever retention has removed meanwhile.
    /// </summary>
    public async Task StartAsync()
    {
        for (var partition = 0; partition < _starts.Length; partition++) _starts[partition] = await Changelog.StartAsync(kafka, Topics.EventsIdentified, partition);
    }

    /// <summary>All profiles of a partition, once.</summary>
    public async Task CompareAsync(int partition, CancellationToken stopping)
    {
        var logged = new Dictionary<string, Logged>();
        var beyond = new HashSet<string>();
        _logged[partition] = await Changelog.ReadAsync(kafka, codec, Topics.Profiles, partition, 0, changes => TakeAsync(changes, logged, beyond), stopping);
        Beyond += beyond.Count;
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
            if (page.Count < Page) return;
            await CompareAsync(page, logged);
            page.Clear();
        }
    }

    /// <summary>Looks at the open profiles again, and answers those that are different for certain. They stay open until they are equal.</summary>
    public async Task<IReadOnlyList<Difference>> AgainAsync(CancellationToken stopping)
    {
        for (var partition = 0; partition < kafka.Partitions; partition++) await replay.FoldAsync(partition, stopping);
        var hasPassed = await progress.PassAsync(draft.Progress.Events, stopping) && await TailAsync(stopping);
        var differences = new List<Difference>();
        foreach (var page in Open.Keys.ToArray().Chunk(Page))
        {
            var (rebuilt, redis) = (await draft.ReadAsync(page), await draft.ReadAsync(live, page));
            foreach (var profileId in page)
            {
                var (open, anew, now) = (Open[profileId], draft.Decode(rebuilt[profileId]), draft.Decode(redis[profileId]));
                var (fingerprint, found) = (Fingerprint.Of(anew), Fingerprint.Of(now));
                if (IsEqual(fingerprint, found, open.Log))
                {
                    await CloseAsync(profileId, redis[profileId]);
                    continue;
                }
                var seen = (found, open.Log?.Fingerprint);
                if (hasPassed && open.Seen == seen && now is not ({ pending.Count: > 0 } or { awaited.Count: > 0 }) && !replay.Split.Contains(profileId))
                {
                    differences.Add(new Difference(profileId, await DescribeAsync(profileId, anew, now, open.Log, stopping), found, anew ?? State.Folding.Empty(profileId)));
                }
                open.Seen = hasPassed ? seen : null;
            }
        }
        return differences;
    }

    /// <summary>What is still open stays as it is in use.</summary>
    public async Task LeaveAsync()
    {
        foreach (var page in Open.Keys.ToArray().Chunk(Page))
        {
            await draft.WriteAsync((await draft.ReadAsync(live, page)).Where(profile => profile.Value is not null).Select(profile => (profile.Key, profile.Value!)));
        }
    }

    private async Task CompareAsync(IReadOnlyCollection<string> profileIds, Dictionary<string, Logged> logged)
    {
        var (rebuilt, redis) = (await draft.ReadAsync(profileIds), await draft.ReadAsync(live, profileIds));
        var copies = new List<(string, byte[])>();
        foreach (var profileId in profileIds)
        {
            var (anew, now, log) = (rebuilt[profileId], redis[profileId], logged.GetValueOrDefault(profileId));
            // An alias of a merge that no retained record tells of.
            var isOldAlias = anew is null && draft.Decode(now) is { mergedInto: not null };
            if (isOldAlias) Beyond++;
            if (isOldAlias || IsEqual(Fingerprint.Of(draft.Decode(anew)), Fingerprint.Of(draft.Decode(now)), log))
            {
                if (!isOldAlias) Equal++;
                if (now is not null && !now.AsSpan().SequenceEqual(anew)) copies.Add((profileId, now));
            }
            else if (Open.Count < MostOpen) Open.TryAdd(profileId, new Open { Log = log });
            else Passed++;
        }
        // Equal states differ in how they came together, and what is on its way is met by that.
        await draft.WriteAsync(copies);
    }

    private async Task CloseAsync(string profileId, byte[]? now)
    {
        Open.Remove(profileId);
        Equal++;
        if (now is not null) await draft.WriteAsync([(profileId, now)]);
    }

    private static bool IsEqual(string rebuilt, string redis, Logged? log) => rebuilt == redis && rebuilt == (log?.Fingerprint ?? Fingerprint.Of(null));

    private async Task TakeAsync(IReadOnlyList<Change> changes, Dictionary<string, Logged> logged, HashSet<string> beyond)
    {
        var older = new Dictionary<string, Profile>();
        foreach (var change in changes)
        {
            var profile = (Profile?)change.Value;
            logged[change.Key!] = new Logged(Fingerprint.Of(profile), change.Offset);
            if (profile is null || !IsBeyond(profile)) continue;
            older[change.Key!] = profile;
            beyond.Add(change.Key!);
        }
        await draft.WriteAsync(older.Values);
    }

    // A state that was written before there was a first record says nothing of where it began.
    private bool IsBeyond(Profile profile) => profile.since.Count < profile.reflects.Count || profile.since.Any(first => first.partition < _starts.Length && first.offset < _starts[first.partition]);

    /// <summary>What the topic profiles says of the open ones by now; and waits until Redis has it too. False: not within the bound.</summary>
    private async Task<bool> TailAsync(CancellationToken stopping)
    {
        using var bound = new CancellationTokenSource(RedisBound);
        for (var partition = 0; partition < kafka.Partitions; partition++)
        {
            var last = ProfileStore.Nowhere;
            _logged[partition] = await Changelog.ReadAsync(kafka, codec, Topics.Profiles, partition, _logged[partition], async changes =>
            {
                var news = changes.Where(change => Open.ContainsKey(change.Key!)).ToList();
                var logged = new Dictionary<string, Logged>();
                await TakeAsync(news, logged, []);
                foreach (var (profileId, record) in logged) Open[profileId].Log = record;
                if (changes.Count > 0) last = changes[^1].Offset;
            }, stopping);
            while (await live.PositionAsync(partition) < last)
            {
                if (bound.IsCancellationRequested) return false;
                await Task.Delay(Pause, stopping);
            }
        }
        return true;
    }

    private async Task<IReadOnlyList<string>> DescribeAsync(string profileId, Profile? anew, Profile? now, Logged? log, CancellationToken stopping)
    {
        var fingerprint = Fingerprint.Of(anew);
        List<string> what = [];
        if (Fingerprint.Of(now) != fingerprint) what.AddRange(Differences.Of(now, "Redis", anew));
        if ((log?.Fingerprint ?? Fingerprint.Of(null)) == fingerprint) return what;
        Profile? logged = null;
        if (log is not null) logged = (Profile?)await Changelog.FindAsync(kafka, codec, Topics.Profiles, draft.Partition(profileId), log.Offset, stopping);
        what.AddRange(Differences.Of(logged, "the topic profiles", anew));
        return what;
    }
}
