using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using StackExchange.Redis;

namespace Cdp.Profiles.Rebuilding;

/// <summary>How far a rebuild is, as Redis remembers it.</summary>
/// <param name="Job">Whoever works on it.</param>
/// <param name="Generation">What it writes.</param>
/// <param name="Events">By partition of events.identified the next offset to fold.</param>
/// <param name="Decided">The last decision that was known before the first event was folded; -1: none has been read.</param>
/// <param name="IsBuilt">Whether the whole log has been folded once.</param>
public sealed record Progress(string Job, int Generation, long[] Events, long Decided, bool IsBuilt);

/// <summary>The generation that a rebuild makes. One rebuild works at a time: another that begins stops this one.</summary>
public sealed class Draft
{
    private readonly IDatabase _redis;
    private readonly HotState _keys;
    private readonly AvroCodec _codec;
    private readonly int _partitions;
    private string _progress;

    private Draft(IDatabase redis, HotState keys, AvroCodec codec, int partitions, ProfileStore store, Progress progress)
    {
        (_redis, _keys, _codec, _partitions, Store, Progress) = (redis, keys, codec, partitions, store, progress);
        _progress = JsonSerializer.Serialize(progress);
    }

    public ProfileStore Store { get; }

    public Progress Progress { get; private set; }

    /// <summary>What an earlier rebuild left; null where there is nothing.</summary>
    public static async Task<Progress?> LeftAsync(IDatabase redis, HotState keys) => (string?)await redis.StringGetAsync(keys.Rebuild) is { } text ? JsonSerializer.Deserialize<Progress>(text) : null;

    /// <summary>A generation of its own, which is empty.</summary>
    public static async Task<Draft> BeginAsync(IDatabase redis, HotState keys, AvroCodec codec, int partitions, Generations generations)
    {
        // Redis may have lost the counter; what is in use is known by its pointer.
        var inUse = await generations.InUseAsync();
        int generation;
        do generation = (int)await redis.StringIncrementAsync(keys.LastGeneration);
        while (generation <= inUse.Current || generation <= inUse.Kept);
        return await TakeAsync(redis, keys, codec, partitions, generations, new Progress("", generation, new long[partitions], -1, false));
    }

    /// <summary>Goes on with what an earlier rebuild left.</summary>
    public static async Task<Draft> TakeAsync(IDatabase redis, HotState keys, AvroCodec codec, int partitions, Generations generations, Progress left)
    {
        var draft = new Draft(redis, keys, codec, partitions, generations.Store(left.Generation), left with { Job = Guid.NewGuid().ToString("N") });
        await redis.StringSetAsync(keys.Rebuild, draft._progress);
        return draft;
    }

    /// <summary>Moves on, after everything up to there was written.</summary>
    /// <exception cref="RebuildException">Redis lost the draft, or another rebuild was begun.</exception>
    public async Task MoveAsync(Progress to)
    {
        var (before, after) = (_progress, JsonSerializer.Serialize(to));
        if (!await _redis.SetIfAsync(_keys.Rebuild, before, after)) throw new RebuildException("Redis lost what was rebuilt so far, or another rebuild was begun meanwhile; start it again");
        (Progress, _progress) = (to, after);
    }

    /// <summary>It is in use from now on: what only a rebuild needs is deleted.</summary>
    public Task EndAsync() => Task.WhenAll([_redis.KeyDeleteAsync(_keys.Rebuild), .. Enumerable.Range(0, _partitions).Select(partition => _redis.KeyDeleteAsync(_keys.ProfilesIndex(partition, Progress.Generation)))]);

    public int Partition(string profileId) => Partitioner.Partition(profileId, _partitions);

    public Task<IReadOnlyDictionary<string, byte[]?>> ReadAsync(IEnumerable<string> profileIds) => ReadAsync(Store, profileIds);

    /// <summary>From any generation.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]?>> ReadAsync(ProfileStore store, IEnumerable<string> profileIds)
    {
        var groups = await Task.WhenAll(profileIds.GroupBy(Partition).Select(group => store.ReadAsync(group.Key, [.. group], ProfileStore.Nowhere)));
        return groups.SelectMany(group => group!).ToDictionary(profile => profile.ProfileId, profile => profile.Bytes);
    }

    public Profile? Decode(byte[]? bytes) => bytes is null ? null : (Profile)_codec.Decode(bytes);

    /// <summary>The living first: a merge that is cut off between the two is then repeated, and not lost.</summary>
    public async Task WriteAsync(IEnumerable<Profile> profiles)
    {
        foreach (var group in profiles.GroupBy(profile => profile.mergedInto is null).OrderByDescending(group => group.Key))
        {
            await WriteAsync(group.Select(profile => (profile.profileId, _codec.Encode(Topics.Profiles, profile))));
        }
    }

    public Task WriteAsync(IEnumerable<(string ProfileId, byte[] Bytes)> profiles) => Task.WhenAll(profiles.SelectMany(profile => Write(profile.ProfileId, profile.Bytes, When.Always)));

    /// <summary>What became part of another, unless that is known.</summary>
    public Task WriteAliasesAsync(IReadOnlyDictionary<string, string> winners) =>
        Task.WhenAll(winners.SelectMany(alias => Write(alias.Key, _codec.Encode(Topics.Profiles, DraftView.Alias(alias.Key, alias.Value)), When.NotExists)));

    /// <summary>The ids of a partition's profiles, each at least once.</summary>
    public IAsyncEnumerable<RedisValue> IdsAsync(int partition) => _redis.SetScanAsync(_keys.ProfilesIndex(partition, Progress.Generation), pageSize: 500);

    private IEnumerable<Task> Write(string profileId, byte[] bytes, When when)
    {
        var partition = Partition(profileId);
        yield return _redis.StringSetAsync(_keys.Profile(partition, profileId, Progress.Generation), bytes, when: when);
        yield return _redis.SetAddAsync(_keys.ProfilesIndex(partition, Progress.Generation), profileId);
    }
}

/// <summary>A rebuild cannot go on; the message says why and what to do.</summary>
public sealed class RebuildException(string message) : Exception(message);
