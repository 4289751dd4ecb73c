using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Profiles.Rebuilding;

/// <summary>The progress of a rebuild, as stored in Redis.</summary>
/// <param name="Job">The id of the process that runs the rebuild.</param>
/// <param name="Generation">The generation that it builds.</param>
/// <param name="Events">For each partition of events.identified, the next offset to fold.</param>
/// <param name="Decided">The last decision that was read before the first event was folded; -1 if none has been read yet.</param>
/// <param name="IsBuilt">Whether the whole log has been folded once.</param>
public sealed record RebuildProgress(string Job, int Generation, long[] Events, long Decided, bool IsBuilt);

/// <summary>The generation that a rebuild writes. Only one rebuild runs at a time: starting another one stops this one.</summary>
public sealed class Draft
{
    private const string Remedy = "delete it, then start the rebuild again";

    private readonly IDatabase _redis;
    private readonly HotStateKeys _keys;
    private readonly AvroCodec _codec;
    private readonly Folding _folding;
    private readonly int _partitions;
    private string _progress;

    private Draft(IDatabase redis, HotStateKeys keys, AvroCodec codec, Folding folding, int partitions, ProfileStore store, RebuildProgress progress)
    {
        (_redis, _keys, _codec, _folding, _partitions, Store, Progress) = (redis, keys, codec, folding, partitions, store, progress);
        _progress = JsonSerializer.Serialize(progress);
    }

    public ProfileStore Store { get; }

    public RebuildProgress Progress { get; private set; }

    /// <summary>The progress of an earlier rebuild that was not completed; null if there is none.</summary>
    public static async Task<RebuildProgress?> FindUnfinishedAsync(IDatabase redis, HotStateKeys keys)
    {
        var stored = await redis.ReadStringAsync(keys.Rebuild, Remedy);
        try
        {
            return (string?)stored is { } text ? JsonSerializer.Deserialize<RebuildProgress>(text) : null;
        }
        catch (JsonException e)
        {
            throw RedisReads.Unreadable(keys.Rebuild, stored, "the progress of a rebuild", Remedy, e);
        }
    }

    /// <summary>Begins a rebuild in a new, empty generation.</summary>
    public static async Task<Draft> BeginAsync(IDatabase redis, HotStateKeys keys, AvroCodec codec, Folding folding, int partitions, Generations generations)
    {
        // Throws if the value of the key is not a number.
        RedisReads.ParseNumber(keys.LastGeneration, await redis.ReadStringAsync(keys.LastGeneration, Remedy), Remedy);
        // Redis may have lost the counter, so generations in use are skipped.
        var inUse = await generations.InUseAsync();
        int generation;
        do generation = (int)await redis.StringIncrementAsync(keys.LastGeneration);
        while (generation <= inUse.Current || generation <= inUse.Previous);
        var progress = new RebuildProgress("", generation, new long[partitions], -1, false);
        return await ResumeAsync(redis, keys, codec, folding, partitions, generations, progress);
    }

    /// <summary>Continues an earlier rebuild.</summary>
    public static async Task<Draft> ResumeAsync(
        IDatabase redis, HotStateKeys keys, AvroCodec codec, Folding folding, int partitions, Generations generations, RebuildProgress unfinished)
    {
        var progress = unfinished with { Job = Guid.NewGuid().ToString("N") };
        var draft = new Draft(redis, keys, codec, folding, partitions, generations.Store(unfinished.Generation), progress);
        await redis.StringSetAsync(keys.Rebuild, draft._progress);
        return draft;
    }

    /// <summary>Stores new progress. Call it after everything up to that progress was written.</summary>
    /// <exception cref="RebuildException">Redis lost the draft, or another rebuild was started.</exception>
    public async Task AdvanceAsync(RebuildProgress to)
    {
        var (before, after) = (_progress, JsonSerializer.Serialize(to));
        if (!await _redis.SetIfEqualAsync(_keys.Rebuild, before, after))
        {
            throw new RebuildException("Redis lost the draft of this rebuild, or another rebuild was started; start it again");
        }
        (Progress, _progress) = (to, after);
    }

    /// <summary>Deletes the keys that only a rebuild needs, once the generation is in use.</summary>
    public Task CompleteAsync()
    {
        var indexes = Enumerable.Range(0, _partitions).Select(partition => _redis.KeyDeleteAsync(_keys.ProfilesIndex(partition, Progress.Generation)));
        return Task.WhenAll([_redis.KeyDeleteAsync(_keys.Rebuild), .. indexes]);
    }

    public int Partition(string profileId) => Partitioner.Partition(profileId, _partitions);

    public Task<IReadOnlyDictionary<string, byte[]?>> ReadAsync(IEnumerable<string> profileIds) => ReadAsync(Store, profileIds);

    /// <summary>Reads profiles of any generation. The bytes of a profile that does not exist are null.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]?>> ReadAsync(ProfileStore store, IEnumerable<string> profileIds)
    {
        var groups = await Task.WhenAll(profileIds.GroupBy(Partition).Select(group => store.ReadAsync(group.Key, [.. group], ProfileStore.NoPosition)));
        return groups.SelectMany(group => group!).ToDictionary(profile => profile.ProfileId, profile => profile.Bytes);
    }

    /// <summary>Decodes a profile within the current bounds, so that a state written before the bounds compares as equal to a state folded now.</summary>
    public Profile? Decode(byte[]? bytes) => bytes is null ? null : _folding.WithinBounds((Profile)_codec.Decode(bytes));

    /// <summary>
    /// Writes living profiles before aliases. If the write is interrupted in between, the merge is repeated. In the opposite order the loser's state would be
    /// lost.
    /// </summary>
    public async Task WriteAsync(IEnumerable<Profile> profiles)
    {
        foreach (var group in profiles.GroupBy(profile => profile.mergedInto is null).OrderByDescending(group => group.Key))
        {
            await WriteAsync(group.Select(profile => (profile.profileId, _codec.Encode(Topics.Profiles, profile))));
        }
    }

    public Task WriteAsync(IEnumerable<(string ProfileId, byte[] Bytes)> profiles) =>
        Task.WhenAll(profiles.SelectMany(profile => Write(profile.ProfileId, profile.Bytes, When.Always)));

    /// <summary>Copies the state that a pending split has set aside from the generation in use, because a rebuild does not recompute it.</summary>
    public Task WritePartAsync(Profile part)
    {
        var key = _keys.Profile(Partition(part.heldBy), part.profileId, Progress.Generation);
        return PartRecord.IsDeleted(part) ? _redis.KeyDeleteAsync(key) : _redis.StringSetAsync(key, _codec.Encode(Topics.Profiles, part));
    }

    /// <summary>Writes profiles that were merged into another, unless they exist.</summary>
    public Task WriteAliasesAsync(IReadOnlyDictionary<string, string> winners) => Task.WhenAll(
        winners.SelectMany(alias => Write(alias.Key, _codec.Encode(Topics.Profiles, Folding.Alias(alias.Key, alias.Value)), When.NotExists)));

    /// <summary>The ids of a partition's profiles. An id may be returned more than once.</summary>
    public IAsyncEnumerable<RedisValue> IdsAsync(int partition) => _redis.SetScanAsync(_keys.ProfilesIndex(partition, Progress.Generation), pageSize: 500);

    private IEnumerable<Task> Write(string profileId, byte[] bytes, When when)
    {
        var partition = Partition(profileId);
        yield return _redis.StringSetAsync(_keys.Profile(partition, profileId, Progress.Generation), bytes, when: when);
        yield return _redis.SetAddAsync(_keys.ProfilesIndex(partition, Progress.Generation), profileId);
    }
}

/// <summary>A rebuild cannot continue. The message gives the reason and the remedy.</summary>
public sealed class RebuildException(string message) : Exception(message);
