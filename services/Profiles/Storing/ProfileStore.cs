using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Profiles.Storing;

/// <summary>A profile as a record of the topic profiles.</summary>
/// <param name="ProfileId">The key of the record.</param>
/// <param name="Bytes">The encoded profile; null deletes it.</param>
/// <param name="Offset">The offset of the record.</param>
public sealed record StoredProfile(string ProfileId, byte[]? Bytes, long Offset)
{
    /// <summary>Null, and a part whose split has ended, delete the key.</summary>
    public static StoredProfile Of(AvroCodec codec, string key, Profile? value, long offset) =>
        new(key, value is null || PartRecord.IsDeleted(value) ? null : codec.Encode(Topics.Profiles, value), offset);

    /// <summary>The stored form of a committed record, with the bytes that were written to the topic.</summary>
    public static StoredProfile Of(AvroCodec codec, Outgoing record) =>
        new(record.Key!, PartRecord.IsDeleted((Profile)record.Value) ? null : record.Encode(codec), record.Offset);
}

/// <summary>The outcome of a conditional write.</summary>
public enum WriteOutcome
{
    Written,

    /// <summary>Nothing was written: Redis already has these records, or newer ones from the partition's next owner.</summary>
    Late,

    /// <summary>Nothing was written: Redis is behind the position it is known to have reached, so a write would leave a gap.</summary>
    Behind,
}

/// <summary>
/// The profiles of one generation in Redis and, for each partition, the offset of the topic profiles up to which they are stored. All keys of a partition are
/// in one slot of a Redis Cluster.
/// </summary>
public sealed class ProfileStore(IConnectionMultiplexer redis, HotStateKeys keys, int generation = 0)
{
    public int Generation => generation;

    /// <summary>The position of a partition of which nothing is in Redis.</summary>
    public const long NoPosition = -1;

    // Redis runs nothing else during a script: a large one would block every other client.
    private const int ChunkRecords = 256;
    private const int ChunkBytes = 1024 * 1024;
    private const int ReadKeys = 512;

    private static readonly string WriteProfiles = RedisScript.Load(typeof(ProfileStore), "write_profiles.lua");

    public async Task<long> PositionAsync(int partition) =>
        Position(partition, await redis.GetDatabase().ReadStringAsync(PositionKey(partition), Remedy(partition)));

    public async Task<byte[]?> FindAsync(int partition, string profileId) =>
        await redis.GetDatabase().ReadStringAsync(Key(partition, profileId), Remedy(partition));

    /// <summary>The error for a key that does not contain the profile it should.</summary>
    public UnreadableValueException Unreadable(int partition, string profileId, byte[]? bytes, Exception? inner = null) =>
        RedisReads.Unreadable(Key(partition, profileId), bytes, "the profile", Remedy(partition), inner);

    /// <summary>The error for a key whose profile is in an impossible state.</summary>
    public UnreadableValueException Unreadable(int partition, string profileId, string found) => new(Key(partition, profileId), found, Remedy(partition));

    /// <summary>
    /// Reads profiles; the bytes of a profile that does not exist are null. Returns null if Redis is behind <paramref name="known"/>, or fell behind it during
    /// the read: each command reads the position together with the profiles.
    /// </summary>
    public async Task<IReadOnlyList<(string ProfileId, byte[]? Bytes)>?> ReadAsync(int partition, IReadOnlyList<string> profileIds, long known)
    {
        string[][] chunks = [.. profileIds.Chunk(ReadKeys)];
        var answers = await Task.WhenAll(chunks.Select(chunk =>
            redis.GetDatabase().StringGetAsync([PositionKey(partition), .. chunk.Select(id => Key(partition, id))])));
        // MGET returns nil for a key of another type, just as for a missing key. GET reports the difference.
        if (answers.Any(answer => answer[0].IsNull)) await PositionAsync(partition);
        if (answers.Any(answer => Position(partition, answer[0]) < known)) return null;
        await Task.WhenAll(chunks.Zip(answers, (chunk, answer) => CheckAbsentAsync(partition, [.. chunk.Where((_, i) => answer[i + 1].IsNull)])));
        return [.. chunks.Zip(answers).SelectMany(pair => pair.First.Zip(pair.Second.Skip(1), (id, value) => (id, (byte[]?)value)))];
    }

    // A key of the wrong type must not be treated as a missing profile: the profile would be folded from nothing, and its old state would be lost from the
    // topic as well.
    private async Task CheckAbsentAsync(int partition, string[] profileIds)
    {
        RedisKey[] absent = [.. profileIds.Select(id => Key(partition, id))];
        if (absent.Length == 0 || await redis.GetDatabase().KeyExistsAsync(absent) == 0) return;
        await Task.WhenAll(profileIds.Select(id => FindAsync(partition, id)));
    }

    /// <summary>
    /// Writes consecutive records of one partition of the topic profiles, in chunks, and moves the position to the last record of each chunk. So the position
    /// is correct between two chunks, and a retry continues where the last attempt stopped.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="known">
    /// The position that Redis is known to have reached. The caller vouches that no record between it and the first one is missing.
    /// </param>
    /// <param name="profiles">The records, in ascending order of offset.</param>
    public async Task<WriteOutcome> WriteAsync(int partition, long known, IReadOnlyList<StoredProfile> profiles)
    {
        var outcome = WriteOutcome.Late;
        for (var start = 0; start < profiles.Count;)
        {
            var chunk = Chunk(profiles, start);
            var through = chunk[^1].Offset;
            outcome = await ScriptAsync(partition, known, through, chunk);
            if (outcome == WriteOutcome.Behind) break;
            known = through;
            start += chunk.Count;
        }
        return outcome;
    }

    /// <summary>Moves the position past offsets without a readable record: transaction markers, and records that were aborted or compacted away.</summary>
    public Task<WriteOutcome> MovePositionAsync(int partition, long known, long position) => ScriptAsync(partition, known, position, []);

    private async Task<WriteOutcome> ScriptAsync(int partition, long known, long position, IReadOnlyList<StoredProfile> profiles)
    {
        RedisKey[] redisKeys = [PositionKey(partition), .. profiles.Select(profile => Key(partition, profile.ProfileId))];
        RedisValue[] values = [known, position, .. profiles.Select(profile => (RedisValue)(profile.Bytes ?? []))];
        try
        {
            return (int)await redis.GetDatabase().ScriptEvaluateAsync(WriteProfiles, redisKeys, values) switch
            {
                1 => WriteOutcome.Written,
                0 => WriteOutcome.Late,
                _ => WriteOutcome.Behind,
            };
        }
        catch (RedisServerException)
        {
            // If the script failed because it cannot read the position, this throws an error that names the key.
            await PositionAsync(partition);
            throw;
        }
    }

    private static List<StoredProfile> Chunk(IReadOnlyList<StoredProfile> profiles, int start)
    {
        var chunk = new List<StoredProfile>();
        for (var bytes = 0; start + chunk.Count < profiles.Count && chunk.Count < ChunkRecords && bytes < ChunkBytes;)
        {
            var profile = profiles[start + chunk.Count];
            bytes += profile.Bytes?.Length ?? 0;
            chunk.Add(profile);
        }
        return chunk;
    }

    private RedisKey PositionKey(int partition) => keys.ProfilesPosition(partition, generation);

    private RedisKey Key(int partition, string profileId) => keys.Profile(partition, profileId, generation);

    private string Remedy(int partition) => $"delete {PositionKey(partition)}: the service then restores the partition from the topic profiles";

    private long Position(int partition, RedisValue value) => RedisReads.ParseNumber(PositionKey(partition), value, Remedy(partition)) ?? NoPosition;
}
