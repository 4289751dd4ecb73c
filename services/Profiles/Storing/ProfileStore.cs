using System.Globalization;
using Cdp.Contracts;
using StackExchange.Redis;

namespace Cdp.Profiles.Storing;

/// <summary>A profile as a record of the profiles topic. Null bytes are a tombstone.</summary>
public sealed record StoredProfile(string ProfileId, byte[]? Bytes, long Offset);

/// <summary>What a conditional write found.</summary>
public enum WriteOutcome
{
    Written,

    /// <summary>Redis has all of it, or something newer from a successor: nothing was written.</summary>
    Late,

    /// <summary>Redis has fallen behind what it is known to have had, so writing would leave a gap: nothing was written.</summary>
    Behind,
}

/// <summary>
/// The profiles of a generation in Redis, and by partition the offset of the profiles topic up to which they are there. All of a partition lives in one slot
/// of a Redis Cluster.
/// </summary>
public sealed class ProfileStore(IConnectionMultiplexer redis, HotState keys, int generation = 0)
{
    public int Generation => generation;

    /// <summary>Nothing of the partition is in Redis.</summary>
    public const long Nowhere = -1;

    // A script runs alone, so that a large one would stop everyone else's reads.
    private const int ChunkRecords = 256;
    private const int ChunkBytes = 1024 * 1024;
    private const int ReadKeys = 512;

    // KEYS: position, profiles. ARGV: what the position must have reached, what it moves to, the profiles' bytes (empty: a tombstone).
    private const string Write = """
        local at = tonumber(redis.call('GET', KEYS[1]) or '-1')
        if at >= tonumber(ARGV[2]) then return 0 end
        if at < tonumber(ARGV[1]) then return -1 end
        for i = 2, #KEYS do
          if ARGV[i + 1] == '' then redis.call('DEL', KEYS[i]) else redis.call('SET', KEYS[i], ARGV[i + 1]) end
        end
        redis.call('SET', KEYS[1], ARGV[2])
        return 1
        """;

    public async Task<long> PositionAsync(int partition) => Position(await redis.GetDatabase().StringGetAsync(keys.ProfilesPosition(partition, generation)));

    public async Task<byte[]?> FindAsync(int partition, string profileId) => await redis.GetDatabase().StringGetAsync(keys.Profile(partition, profileId, generation));

    /// <summary>
    /// Reads profiles, null where there is none. Answers null altogether if Redis is not, or while reading no longer was, at least at <paramref name="known"/>:
    /// the position is read in the same command as the profiles.
    /// </summary>
    public async Task<IReadOnlyList<(string ProfileId, byte[]? Bytes)>?> ReadAsync(int partition, IReadOnlyList<string> profileIds, long known)
    {
        string[][] chunks = [.. profileIds.Chunk(ReadKeys)];
        var answers = await Task.WhenAll(chunks.Select(chunk =>
            redis.GetDatabase().StringGetAsync([keys.ProfilesPosition(partition, generation), .. chunk.Select(id => (RedisKey)keys.Profile(partition, id, generation))])));
        if (answers.Any(answer => Position(answer[0]) < known)) return null;
        return [.. chunks.Zip(answers).SelectMany(pair => pair.First.Zip(pair.Second.Skip(1), (id, value) => (id, (byte[]?)value)))];
    }

    /// <summary>
    /// Writes consecutive records of a partition of the profiles topic and moves the position to the last of them, in chunks of whole offsets: the position
    /// moves with each, so that every state between two chunks is a true one, and a repetition goes on where the last attempt stopped.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="known">The position that Redis is known to have reached: everything in the topic between it and the first record is on its way here.</param>
    /// <param name="profiles">The records, by rising offset.</param>
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

    /// <summary>Moves the position over what is no record: the markers of transactions, and records that were aborted or compacted away.</summary>
    public Task<WriteOutcome> MoveAsync(int partition, long known, long position) => ScriptAsync(partition, known, position, []);

    private async Task<WriteOutcome> ScriptAsync(int partition, long known, long position, IReadOnlyList<StoredProfile> profiles)
    {
        RedisKey[] names = [keys.ProfilesPosition(partition, generation), .. profiles.Select(profile => (RedisKey)keys.Profile(partition, profile.ProfileId, generation))];
        RedisValue[] values = [known, position, .. profiles.Select(profile => (RedisValue)(profile.Bytes ?? []))];
        return (int)await redis.GetDatabase().ScriptEvaluateAsync(Write, names, values) switch
        {
            1 => WriteOutcome.Written,
            0 => WriteOutcome.Late,
            _ => WriteOutcome.Behind,
        };
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

    private static long Position(RedisValue value) => value.IsNull ? Nowhere : long.Parse(value.ToString(), CultureInfo.InvariantCulture);
}
