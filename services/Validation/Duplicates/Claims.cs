using cdp;
using StackExchange.Redis;

namespace Cdp.Validation.Duplicates;

/// <summary>A record that wants to be the first of its messageId.</summary>
public readonly record struct Claimant(int Partition, long Offset, Event Envelope);

/// <summary>
/// The claims on messageIds in Redis. An occurrence claims with its own offset, before anything is committed; a record is a duplicate only
/// if another offset holds the claim. So claiming again, after a crash or an abort, changes nothing.
/// </summary>
/// <remarks>
/// Plain commands in one round trip, not a script: HSETNX is all the atomicity that a claim needs, and a server that answers for each write once it
/// is on disk (Local's) gathers commands for that, but not the writes of a script.
/// </remarks>
public sealed class Claims(IConnectionMultiplexer redis, string prefix, TimeSpan window)
{
    private readonly ClaimKeys _keys = new(prefix, window);

    // A bucket lives on from its last claim until no record can look into it as its previous one.
    private readonly TimeSpan _life = 2 * window;

    /// <summary>Fails where claims could not be made now, because Redis is away.</summary>
    public Task ReachAsync() => redis.GetDatabase().PingAsync();

    /// <summary>Claims for every record, and answers those that came too late. Records of one partition must be in the order of their offsets.</summary>
    public async Task<IReadOnlySet<(int Partition, long Offset)>> ClaimAsync(IEnumerable<Claimant> claimants)
    {
        var database = redis.GetDatabase();
        var late = await Task.WhenAll(claimants.Select(claimant => IsLateAsync(database, claimant)).ToList());
        return late.OfType<(int, long)>().ToHashSet();
    }

    // All commands of the batch are under way before the first answer is awaited, and one connection keeps their order: an earlier record of the
    // batch has claimed when a later one looks. Answers are awaited together, so that none is left to fail unobserved.
    private async Task<(int, long)?> IsLateAsync(IDatabase database, Claimant claimant)
    {
        var key = _keys.For(claimant.Partition, claimant.Envelope);
        var claim = database.HashSetAsync(key.Current, key.Field, claimant.Offset, When.NotExists);
        var expire = database.KeyExpireAsync(key.Current, _life);
        var previous = database.HashGetAsync(key.Previous, key.Field);
        await Task.WhenAll(claim, expire, previous);

        var isLate = IsAnother(await previous, claimant) || (!await claim && IsAnother(await database.HashGetAsync(key.Current, key.Field), claimant));
        return isLate ? (claimant.Partition, claimant.Offset) : null;
    }

    private static bool IsAnother(RedisValue holder, Claimant claimant) => holder.HasValue && (long)holder != claimant.Offset;
}
