using System.Globalization;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Confluent.Kafka;
using StackExchange.Redis;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// The job: folds the log anew into a generation of its own beside the live one, compares the two, and switches when asked to. The service goes on meanwhile.
/// </summary>
public sealed class Rebuild(KafkaOptions kafka, AvroCodec codec, ProfileIds ids, IConnectionMultiplexer redis, HotState keys, Generations generations, TextWriter report)
{
    // Each takes about a second: what is then still unequal has events all the time, or the service does not get on.
    private const int MostRounds = 12;

    private const int ShownDifferences = 100;

    /// <summary>Answers whether everything is equal. What was built stays, for a switch.</summary>
    public async Task<bool> CheckAsync(CancellationToken stopping)
    {
        if (await LeftAsync() is { } left) await DropAsync(left.Generation);
        return (await RunAsync(await NewAsync(), mend: false, stopping)).Count == 0;
    }

    /// <summary>Goes on with what a check left, or builds; has the owners correct what is different; then puts the new generation in use.</summary>
    /// <returns>Whether the new generation is in use.</returns>
    /// <exception cref="RebuildException">It cannot; the message says why.</exception>
    public async Task<bool> SwitchAsync(CancellationToken stopping)
    {
        var inUse = await generations.InUseAsync();
        if (inUse.Kept is { } kept) throw new RebuildException($"generation {kept} is still kept from the last switch; --rebuild=forget deletes it, --rebuild=back goes back to it");
        var left = await LeftAsync();
        if (left is { IsBuilt: false }) await DropAsync(left.Generation);
        var draft = left is { IsBuilt: true } ? await Draft.TakeAsync(redis.GetDatabase(), keys, codec, kafka.Partitions, generations, left) : await NewAsync();
        var unmended = await RunAsync(draft, mend: true, stopping);
        if (unmended.Count > 0)
        {
            await WriteAsync($"not switched: {unmended.Count} profiles could not be corrected; is the service running? Try again");
            return false;
        }
        await CatchUpAsync(draft.Progress.Generation, stopping);
        // Once more only for whoever began another rebuild meanwhile.
        await draft.MoveAsync(draft.Progress);
        if (!await generations.MoveAsync(inUse, new GenerationsInUse(draft.Progress.Generation, inUse.Current))) throw new RebuildException("another switch came first; nothing was changed");
        await draft.EndAsync();
        await WriteAsync($"generation {draft.Progress.Generation} is in use; generation {inUse.Current} is kept until --rebuild=forget");
        return true;
    }

    /// <summary>Puts the generation in use that the last switch replaced, caught up from the topic profiles.</summary>
    /// <exception cref="RebuildException">There is none.</exception>
    public async Task BackAsync(CancellationToken stopping)
    {
        var inUse = await generations.InUseAsync();
        if (inUse.Kept is not { } kept) throw new RebuildException("no generation is kept, so there is nothing to go back to");
        await CatchUpAsync(kept, stopping);
        if (!await generations.MoveAsync(inUse, new GenerationsInUse(kept, inUse.Current))) throw new RebuildException("another switch came first; nothing was changed");
        await WriteAsync($"generation {kept} is in use; generation {inUse.Current} is kept until --rebuild=forget");
    }

    /// <summary>Deletes what is not in use: the generation that was replaced, and what a check left.</summary>
    public async Task ForgetAsync()
    {
        var inUse = await generations.InUseAsync();
        if (inUse.Kept is { } kept)
        {
            if (!await generations.MoveAsync(inUse, inUse with { Kept = null })) throw new RebuildException("a switch came first; nothing was deleted");
            await DropAsync(kept);
        }
        var left = await LeftAsync();
        if (left is not null)
        {
            await redis.GetDatabase().KeyDeleteAsync(keys.Rebuild);
            await DropAsync(left.Generation);
        }
        if (inUse.Kept is null && left is null) await WriteAsync("nothing is kept, and nothing was deleted");
    }

    /// <returns>The differences; when mending, those that remain.</returns>
    private async Task<IReadOnlyCollection<string>> RunAsync(Draft draft, bool mend, CancellationToken stopping)
    {
        var live = await generations.CurrentAsync();
        var replay = new Replay(kafka, codec, ids, draft);
        await replay.DecideAsync(stopping);
        for (var partition = 0; partition < kafka.Partitions; partition++) await replay.FoldAsync(partition, stopping);
        await draft.MoveAsync(draft.Progress with { IsBuilt = true });

        using var progress = new LiveProgress(kafka);
        var comparison = new Comparison(kafka, codec, draft, live, replay, progress);
        // Shortly after the long first pass, so that fewer are in motion.
        for (var partition = 0; partition < kafka.Partitions; partition++) await replay.FoldAsync(partition, stopping);
        await comparison.StartAsync();
        for (var partition = 0; partition < kafka.Partitions; partition++) await comparison.CompareAsync(partition, stopping);

        var (different, sent) = (new Dictionary<string, Difference>(), new HashSet<string>());
        using var corrections = mend ? new Corrections(kafka, codec) : null;
        for (var round = 0; round < MostRounds && comparison.Open.Keys.Any(profileId => mend || !different.ContainsKey(profileId)); round++)
        {
            foreach (var difference in await comparison.AgainAsync(stopping))
            {
                different[difference.ProfileId] = difference;
                if (corrections is null) continue;
                await corrections.SendAsync(difference, draft.Progress.Events);
                sent.Add(difference.ProfileId);
            }
        }
        if (mend) await comparison.LeaveAsync();
        await TellAsync(draft, live, replay, comparison, different, sent);
        return [.. different.Keys.Where(profileId => !mend || comparison.Open.ContainsKey(profileId))];
    }

    private async Task TellAsync(Draft draft, ProfileStore live, Replay replay, Comparison comparison, Dictionary<string, Difference> different, HashSet<string> sent)
    {
        await WriteAsync($"generation {draft.Progress.Generation}: {replay.Decisions} decisions and {replay.Events} events, of which {replay.Unfoldable} cannot be folded");
        string[] moving = [.. comparison.Open.Keys.Where(profileId => !different.ContainsKey(profileId))];
        await WriteAsync($"compared with generation {live.Generation} and the topic profiles: {comparison.Equal} equal, {different.Count} different, {moving.Length + comparison.Passed} in motion; of all, {comparison.Beyond} have events older than the log reaches, and are taken from the topic profiles");
        foreach (var difference in different.Values.Take(ShownDifferences))
        {
            var mended = !sent.Contains(difference.ProfileId) ? "" : comparison.Open.ContainsKey(difference.ProfileId) ? " (not corrected)" : " (corrected)";
            await WriteAsync($"different{mended}: {difference.ProfileId}: {string.Join("; ", difference.What)}");
        }
        if (different.Count > ShownDifferences) await WriteAsync($"and {different.Count - ShownDifferences} more");
        foreach (var profileId in moving.Take(ShownDifferences)) await WriteAsync($"in motion, not compared{(replay.Split.Contains(profileId) ? ": it was split meanwhile" : "")}: {profileId}");
    }

    /// <summary>What an earlier rebuild left that is not in use: a switch that was cut off leaves word of what is.</summary>
    private async Task<Progress?> LeftAsync()
    {
        var (left, inUse) = (await Draft.LeftAsync(redis.GetDatabase(), keys), await generations.InUseAsync());
        return left is not null && left.Generation != inUse.Current && left.Generation != inUse.Kept ? left : null;
    }

    private async Task<Draft> NewAsync()
    {
        var live = await generations.CurrentAsync();
        long[] positions = await Task.WhenAll(Enumerable.Range(0, kafka.Partitions).Select(live.PositionAsync));
        var draft = await Draft.BeginAsync(redis.GetDatabase(), keys, codec, kafka.Partitions, generations);
        // Whatever changes from here on is in the topic profiles behind these, and is caught up from there at the switch.
        for (var partition = 0; partition < positions.Length; partition++) await draft.Store.MoveAsync(partition, ProfileStore.Nowhere, positions[partition]);
        return draft;
    }

    private async Task CatchUpAsync(int generation, CancellationToken stopping)
    {
        for (var partition = 0; partition < kafka.Partitions; partition++) await CatchUp.RunAsync(kafka, codec, generations.Store(generation), partition, stopping);
    }

    /// <summary>Positions first: whoever still reads the generation then notices at once.</summary>
    private async Task DropAsync(int generation)
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
                    deleted += (await Task.WhenAll(page)).Count(gone => gone);
                    page.Clear();
                }
                deleted += (await Task.WhenAll(page)).Count(gone => gone);
            }
        }
        await WriteAsync($"generation {generation} is deleted: {deleted} keys");
    }

    private Task WriteAsync(FormattableString line) => report.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));

    private Task WriteAsync(string line) => report.WriteLineAsync(line);
}
