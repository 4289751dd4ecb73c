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
public sealed class Claims
{
    private readonly IConnectionMultiplexer _redis;
    private readonly ClaimKeys _keys;
    private int _failures;

    public Claims(IConnectionMultiplexer redis, string prefix, TimeSpan window)
    {
        (_redis, _keys, Window, _life) = (redis, new ClaimKeys(prefix, window), window, 2 * window);
        redis.ConnectionFailed += (_, _) => Interlocked.Increment(ref _failures);
    }

    /// <summary>How long a claim is kept at least.</summary>
    public TimeSpan Window { get; }

    /// <summary>How often the connection was lost. While it stays the same, Redis has kept what it answered for.</summary>
    public int Failures => Volatile.Read(ref _failures);

    // A bucket lives on from its last claim until no record can look into it as its previous one.
    private readonly TimeSpan _life;

    /// <summary>Fails where claims could not be made now, because Redis is away.</summary>
    public Task ReachAsync() => _redis.GetDatabase().PingAsync();

    /// <summary>Claims for every record, and answers those that came too late. Records of one partition must be in the order of their offsets.</summary>
    public async Task<IReadOnlySet<(int Partition, long Offset)>> ClaimAsync(IEnumerable<Claimant> claimants)
    {
        var database = _redis.GetDatabase();
        var late = await Task.WhenAll(claimants.Select(claimant => IsLateAsync(database, claimant)).ToList());
        return late.OfType<(int, long)>().ToHashSet();
    }

    /// <summary>How far a partition's claims are in Redis: the last offset; null where it knows of none.</summary>
    public async Task<long?> PositionAsync(int partition) => (long?)await _redis.GetDatabase().StringGetAsync(_keys.Position(partition));

    /// <summary>To be called when everything up to the offset is claimed, and answered for.</summary>
    public Task MoveAsync(int partition, long offset) => _redis.GetDatabase().StringSetAsync(_keys.Position(partition), offset);

    /// <summary>
    /// Makes claims again that Redis has lost, in the order of their offsets. A later record may have taken one's place meanwhile: the first occurrence gets it back.
    /// </summary>
    public async Task ReclaimAsync(IReadOnlyList<Claimant> claimants)
    {
        var database = _redis.GetDatabase();
        var late = await ClaimAsync(claimants);
        foreach (var claimant in claimants.Where(claimant => late.Contains((claimant.Partition, claimant.Offset))))
        {
            var key = _keys.For(claimant.Partition, claimant.Envelope);
            if ((long?)await database.HashGetAsync(key.Current, key.Field) > claimant.Offset) await database.HashSetAsync(key.Current, key.Field, claimant.Offset);
        }
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
