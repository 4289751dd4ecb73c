using Cdp.Contracts;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// Folds the log into a new generation next to the one in use, compares the two, and switches to the new one on request. The service keeps running meanwhile.
/// </summary>
public sealed class Rebuild(
    KafkaOptions kafka, AvroCodec codec, Folding folding, IConnectionMultiplexer redis, HotStateKeys keys, Generations generations, TextWriter report)
{
    // A round takes about a second. Profiles that are still unequal after these rounds get events all the time, or the service is not making progress.
    private const int MaxRounds = 12;

    private const int MaxListed = 100;

    /// <summary>Builds and compares. Returns whether all profiles are equal. The draft is kept for a switch.</summary>
    public async Task<bool> CheckAsync(CancellationToken stopping)
    {
        if (await FindUnfinishedAsync() is { } unfinished) await DeleteAsync(unfinished.Generation);
        return (await RunAsync(await BeginAsync(), isCorrecting: false, stopping)).Count == 0;
    }

    /// <summary>
    /// Continues from the draft of a check, or builds one; has the owners correct the profiles that are different; then puts the new generation in use.
    /// </summary>
    /// <returns>Whether the new generation is in use.</returns>
    /// <exception cref="RebuildException">The switch is not possible. The message gives the reason.</exception>
    public async Task<bool> SwitchAsync(CancellationToken stopping)
    {
        var inUse = await generations.InUseAsync();
        if (inUse.Previous is { } previous)
        {
            throw new RebuildException(
                $"generation {previous} is still kept from the last switch; delete it with --rebuild=cleanup, or return to it with --rebuild=rollback");
        }
        var unfinished = await FindUnfinishedAsync();
        if (unfinished is { IsBuilt: false }) await DeleteAsync(unfinished.Generation);
        var draft = unfinished is { IsBuilt: true }
            ? await Draft.ResumeAsync(redis.GetDatabase(), keys, codec, folding, kafka.Partitions, generations, unfinished)
            : await BeginAsync();
        var uncorrected = await RunAsync(draft, isCorrecting: true, stopping);
        if (uncorrected.Count > 0)
        {
            await WriteAsync($"not switched: {uncorrected.Count} profiles could not be corrected; check that the service is running, then try again");
            return false;
        }
        await CatchUpAsync(draft.Progress.Generation, stopping);
        // Throws if another rebuild was started meanwhile.
        await draft.AdvanceAsync(draft.Progress);
        await PutInUseAsync(draft.Progress.Generation, inUse);
        await draft.CompleteAsync();
        await ReportInUseAsync(draft.Progress.Generation, inUse.Current);
        return true;
    }

    /// <summary>Puts the generation that the last switch replaced in use again, after catching it up from the topic profiles.</summary>
    /// <exception cref="RebuildException">No previous generation is kept.</exception>
    public async Task RollbackAsync(CancellationToken stopping)
    {
        var inUse = await generations.InUseAsync();
        if (inUse.Previous is not { } previous) throw new RebuildException("no previous generation is kept, so a rollback is not possible");
        await CatchUpAsync(previous, stopping);
        await PutInUseAsync(previous, inUse);
        await ReportInUseAsync(previous, inUse.Current);
    }

    /// <summary>Deletes the generations that are not in use: the previous one, and the draft of a check.</summary>
    public async Task CleanupAsync()
    {
        var inUse = await generations.InUseAsync();
        if (inUse.Previous is { } previous)
        {
            if (!await generations.SwitchAsync(inUse, inUse with { Previous = null }))
            {
                throw new RebuildException("another switch happened at the same time; nothing was deleted");
            }
            await DeleteAsync(previous);
        }
        var unfinished = await FindUnfinishedAsync();
        if (unfinished is not null)
        {
            await redis.GetDatabase().KeyDeleteAsync(keys.Rebuild);
            await DeleteAsync(unfinished.Generation);
        }
        if (inUse.Previous is null && unfinished is null) await WriteAsync("no unused generation is kept; nothing was deleted");
    }

    /// <returns>The profiles that are different or, when correcting, those that still are.</returns>
    private async Task<IReadOnlyCollection<string>> RunAsync(Draft draft, bool isCorrecting, CancellationToken stopping)
    {
        var live = await generations.CurrentAsync();
        var replay = new Replay(kafka, codec, folding, draft);
        await replay.ReadDecisionsAsync(stopping);
        await FoldEventsAsync(replay, stopping);
        await draft.AdvanceAsync(draft.Progress with { IsBuilt = true });

        using var progress = new LiveProgress(kafka);
        var comparison = new Comparison(kafka, codec, folding, draft, live, replay, progress);
        // The first pass takes a long time. After a short second pass, fewer profiles have changed in the meantime.
        await FoldEventsAsync(replay, stopping);
        await comparison.StartAsync();
        for (var partition = 0; partition < kafka.Partitions; partition++) await comparison.CompareAsync(partition, stopping);

        var (different, sent) = (new Dictionary<string, Difference>(), new HashSet<string>());
        using var corrections = isCorrecting ? new CorrectionSender(kafka, codec) : null;
        for (var round = 0; round < MaxRounds && comparison.Mismatches.Keys.Any(profileId => isCorrecting || !different.ContainsKey(profileId)); round++)
        {
            foreach (var difference in await comparison.CompareAgainAsync(stopping))
            {
                different[difference.ProfileId] = difference;
                if (corrections is null) continue;
                await corrections.SendAsync(difference, draft.Progress.Events);
                sent.Add(difference.ProfileId);
            }
        }
        if (isCorrecting) await comparison.KeepMismatchesAsync();
        await ReportAsync(draft, live, replay, comparison, different, sent);
        return [.. different.Keys.Where(profileId => !isCorrecting || comparison.Mismatches.ContainsKey(profileId))];
    }

    private async Task FoldEventsAsync(Replay replay, CancellationToken stopping)
    {
        for (var partition = 0; partition < kafka.Partitions; partition++) await replay.FoldEventsAsync(partition, stopping);
    }

    private async Task ReportAsync(
        Draft draft, ProfileStore live, Replay replay, Comparison comparison, Dictionary<string, Difference> different, HashSet<string> sent)
    {
        await WriteAsync(
            $"generation {draft.Progress.Generation}: {replay.Decisions} decisions and {replay.Events} events; "
            + $"{replay.Skipped.Count} undecodable records skipped");
        foreach (var (place, reason) in replay.Skipped.Take(MaxListed)) await WriteAsync($"skipped: {place}: {reason}");
        string[] changing = [.. comparison.Mismatches.Keys.Where(profileId => !different.ContainsKey(profileId))];
        await WriteAsync(
            $"compared with generation {live.Generation} and the topic profiles: {comparison.Equal} equal, {different.Count} different, "
            + $"{changing.Length + comparison.NotCompared} still changing; {comparison.OlderThanLog} of all have events older than the log reaches and were "
            + "taken from the topic profiles");
        foreach (var difference in different.Values.Take(MaxListed))
        {
            var outcome = !sent.Contains(difference.ProfileId) ? ""
                : comparison.Mismatches.ContainsKey(difference.ProfileId) ? " (not corrected)"
                : " (corrected)";
            await WriteAsync($"different{outcome}: {difference.ProfileId}: {string.Join("; ", difference.What)}");
        }
        if (different.Count > MaxListed) await WriteAsync($"and {different.Count - MaxListed} more");
        foreach (var profileId in changing.Take(MaxListed))
        {
            await WriteAsync($"still changing, not compared: {profileId}{(replay.Split.Contains(profileId) ? " (split during the rebuild)" : "")}");
        }
    }

    /// <summary>
    /// The progress of a rebuild whose generation is not in use. After an interrupted switch, the progress of a generation that is in use may be left.
    /// </summary>
    private async Task<RebuildProgress?> FindUnfinishedAsync()
    {
        var (found, inUse) = (await Draft.FindUnfinishedAsync(redis.GetDatabase(), keys), await generations.InUseAsync());
        return found is not null && found.Generation != inUse.Current && found.Generation != inUse.Previous ? found : null;
    }

    private async Task<Draft> BeginAsync()
    {
        var live = await generations.CurrentAsync();
        long[] positions = await Task.WhenAll(Enumerable.Range(0, kafka.Partitions).Select(live.PositionAsync));
        var draft = await Draft.BeginAsync(redis.GetDatabase(), keys, codec, folding, kafka.Partitions, generations);
        // Everything that changes from now on is on the topic profiles after these positions. The switch catches up from there.
        for (var partition = 0; partition < positions.Length; partition++)
        {
            await draft.Store.MovePositionAsync(partition, ProfileStore.NoPosition, positions[partition]);
        }
        return draft;
    }

    private async Task CatchUpAsync(int generation, CancellationToken stopping)
    {
        for (var partition = 0; partition < kafka.Partitions; partition++)
        {
            await CatchUp.RunAsync(kafka, codec, generations.Store(generation), partition, stopping);
        }
    }

    private async Task PutInUseAsync(int generation, GenerationsInUse inUse)
    {
        if (await generations.SwitchAsync(inUse, new GenerationsInUse(generation, inUse.Current))) return;
        throw new RebuildException("another switch happened at the same time; nothing was changed");
    }

    private Task ReportInUseAsync(int current, int previous) =>
        WriteAsync($"generation {current} is in use; generation {previous} is kept until --rebuild=cleanup");

    /// <summary>Deletes the positions first, so that a process that still reads the generation notices at once.</summary>
    private async Task DeleteAsync(int generation)
    {
        const int Page = 500;
        var database = redis.GetDatabase();
        foreach (var partition in Enumerable.Range(0, kafka.Partitions)) await database.KeyDeleteAsync(keys.ProfilesPosition(partition, generation));
        var deleted = 0L;
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            foreach (var pattern in keys.ProfilesPatterns(generation))
            {
                var page = new List<Task<bool>>(Page);
                await foreach (var key in server.KeysAsync(database.Database, pattern, Page))
                {
                    page.Add(database.KeyDeleteAsync(key));
                    if (page.Count < Page) continue;
                    deleted += (await Task.WhenAll(page)).Count(isDeleted => isDeleted);
                    page.Clear();
                }
                deleted += (await Task.WhenAll(page)).Count(isDeleted => isDeleted);
            }
        }
        await WriteAsync($"generation {generation} is deleted: {deleted} keys");
    }

    private Task WriteAsync(string line) => report.WriteLineAsync(line);
}
