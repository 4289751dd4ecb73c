using cdp;
using StackExchange.Redis;

namespace Cdp.Validation.Duplicates;

/// <summary>A record that wants to be the first of its messageId.</summary>
public readonly record struct Claimant(int Partition, long Offset, Event Envelope);

/// <summary>
/// The claims on messageIds in Redis. The first occurrence claims with its own offset, before anything is committed; a record is a duplicate only
/// if another offset holds the claim. So claiming again, after a crash or an abort, changes nothing.
/// </summary>
public sealed class Claims(IConnectionMultiplexer redis, string prefix, TimeSpan window)
{
    // KEYS: per record the current and the previous bucket. ARGV: the life of a bucket in seconds, then per record field and offset.
    // A bucket lives on from its last claim for two windows: until no record can look into it as its previous one.
    private const string Script = """
        local duplicates = {}
        for i = 1, #KEYS, 2 do
          local field, offset = ARGV[i + 1], ARGV[i + 2]
          local holder = redis.call('HGET', KEYS[i + 1], field)
          if not holder then
            if redis.call('HSETNX', KEYS[i], field, offset) == 1 then
              redis.call('EXPIRE', KEYS[i], ARGV[1])
              holder = offset
            else
              holder = redis.call('HGET', KEYS[i], field)
            end
          end
          if holder ~= offset then duplicates[#duplicates + 1] = (i - 1) / 2 end
        end
        return duplicates
        """;

    private readonly ClaimKeys _keys = new(prefix, window);
    private readonly RedisValue _life = (long)(2 * window).TotalSeconds;

    /// <summary>Claims for every record, and answers those that came too late. Records of one partition must be in the order of their offsets.</summary>
    public async Task<IReadOnlySet<(int Partition, long Offset)>> ClaimAsync(IEnumerable<Claimant> claimants)
    {
        var duplicates = await Task.WhenAll(claimants.GroupBy(claimant => claimant.Partition).Select(partition => ClaimAsync([.. partition])));
        return duplicates.SelectMany(late => late).ToHashSet();
    }

    private async Task<IEnumerable<(int, long)>> ClaimAsync(Claimant[] claimants)
    {
        var keys = new RedisKey[claimants.Length * 2];
        var values = new RedisValue[(claimants.Length * 2) + 1];
        values[0] = _life;
        for (var i = 0; i < claimants.Length; i++)
        {
            var (partition, offset, envelope) = claimants[i];
            (keys[2 * i], keys[(2 * i) + 1], values[(2 * i) + 1]) = _keys.For(partition, envelope) is var key ? (key.Current, key.Previous, key.Field) : default;
            values[(2 * i) + 2] = offset;
        }
        var late = (long[])(await redis.GetDatabase().ScriptEvaluateAsync(Script, keys, values))!;
        return late.Select(index => (claimants[index].Partition, claimants[index].Offset));
    }
}
