using cdp;
using Cdp.Hosting.HotState;
using StackExchange.Redis;

namespace Cdp.Validation.Duplicates;

/// <summary>A record that claims its messageId.</summary>
public readonly record struct Claimant(int Partition, long Offset, Event Envelope);

/// <summary>
/// The claims on messageIds in Redis. A record claims with its own offset before anything is committed. It is a duplicate only if a lower offset has a
/// claim in its own slot or in a neighbouring one. So claiming again after a crash or an abort changes nothing, and the result depends on the log alone.
/// </summary>
/// <remarks>
/// Uses plain commands in one round trip instead of a script: a claim needs no more atomicity than HSETNX provides, and a server that acknowledges each write
/// only when it is on disk (Local's) can batch commands, but not the writes of a script.
/// </remarks>
public sealed class Claims
{
    private const int KeysPerDelete = 512;

    private readonly IConnectionMultiplexer _redis;
    private readonly string _prefix;
    private int _failures;

    public Claims(IConnectionMultiplexer redis, string prefix, TimeSpan window)
    {
        (_redis, _prefix, Keys, Window) = (redis, prefix, new ClaimKeys(prefix, window, ""), window);
        redis.ConnectionFailed += (_, _) => Interlocked.Increment(ref _failures);
        // A replica that takes over may lack the last writes of its master.
        redis.HashSlotMoved += (_, _) => Interlocked.Increment(ref _failures);
    }

    public ClaimKeys Keys { get; private set; }

    /// <summary>A second occurrence is a duplicate if its receivedAt is at most this far away.</summary>
    public TimeSpan Window { get; }

    /// <summary>
    /// How long after its first claim a slot counts as complete. A slot is used for two windows, as the current slot and as a neighbour; the rest is for
    /// late records. Expired claims are restored from the log, so a shorter lifetime costs time, not correctness.
    /// </summary>
    public TimeSpan MarkerLifetime => Window * 2 + Window / 4;

    /// <summary>How long a bucket lives after its last claim. Longer than the marker, which must not outlive the claims it covers.</summary>
    private TimeSpan ClaimLifetime => MarkerLifetime + Margin;

    /// <summary>How much time may pass between reading a marker and relying on it.</summary>
    public TimeSpan Margin => Window / 4;

    /// <summary>How often the connection was lost or another server took over. While it stays the same, Redis has kept all acknowledged writes.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>Fails if Redis is unavailable.</summary>
    public Task PingAsync() => _redis.GetDatabase().PingAsync();

    /// <summary>From now on, uses only the claims on the offsets of this log.</summary>
    /// <param name="log">The log's id, which changes when the topic is recreated.</param>
    public void UseLog(string log) => Keys = new ClaimKeys(_prefix, Window, log);

    /// <summary>Reads the state and the completeness of a batch's slots.</summary>
    public async Task<StoredClaims> ReadAsync(PartitionBatch batch)
    {
        long[] slots = [.. batch.Slots];
        var stateRead = StateAsync(batch.Partition);
        var markersRead = _redis.GetDatabase().StringGetAsync([.. slots.Select(slot => (RedisKey)Keys.Marker(batch.Partition, slot))]);
        await Task.WhenAll(stateRead, markersRead);
        var (state, generations) = (await stateRead, await markersRead);
        return new StoredClaims(state, slots.Where((_, i) => state is not null && generations[i] == state.Generation).ToHashSet());
    }

    /// <summary>Claims for every record, and returns the positions of the duplicates. Records of one partition must be ordered by offset.</summary>
    /// <param name="claimants">The records.</param>
    /// <param name="lastSlots">The latest slot of any record so far, by partition. Later slots are not searched.</param>
    public async Task<IReadOnlySet<(int Partition, long Offset)>> ClaimAsync(IReadOnlyCollection<Claimant> claimants, IReadOnlyDictionary<int, long> lastSlots)
    {
        var duplicates = await WithBucketsAsync(
            claimants, database => Task.WhenAll(claimants.Select(claimant => ClaimAsync(database, claimant, lastSlots[claimant.Partition])).ToList()));
        return duplicates.OfType<(int, long)>().ToHashSet();
    }

    /// <summary>
    /// Saves the state once everything up to its position is claimed. Returns false if Redis does not hold the previous state: in that case another server took
    /// over that has neither the state nor the earlier claims. The new state then contradicts the stored one, so that neither is trusted. This is a
    /// compare-and-set in plain commands (see the remarks on the class).
    /// </summary>
    /// <param name="partition">The partition of events.collected.</param>
    /// <param name="previous">The state when the claims were made; null if there was no valid one.</param>
    /// <param name="state">The new state.</param>
    /// <param name="complete">Slots that are complete from now on.</param>
    /// <param name="age">How long ago the first claim in these slots was made.</param>
    public async Task<bool> SaveAsync(int partition, ClaimState? previous, ClaimState state, IEnumerable<long> complete, TimeSpan age = default)
    {
        var (database, key) = (_redis.GetDatabase(), Keys.State(partition));
        var lifetime = MarkerLifetime - age > Margin ? MarkerLifetime - age : Margin;
        var removed = previous is null ? database.KeyDeleteAsync(key) : database.SetRemoveAsync(key, previous.ToString());
        var markers = complete.Select(slot => (Task)database.StringSetAsync(Keys.Marker(partition, slot), state.Generation, lifetime));
        await Task.WhenAll([removed, database.SetAddAsync(key, state.ToString()), .. markers]);
        return await removed || previous is null;
    }

    /// <summary>
    /// Restores claims that Redis has lost, ordered by offset. If a later record has claimed the messageId in the meantime, the claim returns to the earlier
    /// record.
    /// </summary>
    public Task ReclaimAsync(IReadOnlyCollection<Claimant> claimants) => WithBucketsAsync(claimants, async database =>
    {
        await Task.WhenAll(claimants.Select(claimant => (claimant, Key: Keys.For(claimant.Envelope)))
            .DistinctBy(one => (one.claimant.Partition, one.Key.Slot, Convert.ToHexString(one.Key.Field), one.Key.Bucket))
            .Select(one => ReclaimAsync(database, one.claimant, one.Key)).ToList());
        return true;
    });

    /// <summary>
    /// Deletes a slot that no further record is expected to need. Normally its claims have expired by then. A service that is catching up passes slots faster
    /// than they expire, and they would take up memory.
    /// </summary>
    /// <param name="partition">The partition of events.collected.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="mustStop">Whether another member may use the slot by now. If so, nothing more is deleted, and the rest expires.</param>
    public async Task DeleteSlotAsync(int partition, long slot, Func<bool> mustStop)
    {
        var database = _redis.GetDatabase();
        // The marker goes first: a slot without a marker is restored when it is needed.
        if (mustStop() || !await database.KeyDeleteAsync(Keys.Marker(partition, slot))) return;
        foreach (var keys in Keys.Buckets(partition, slot).Chunk(KeysPerDelete))
        {
            if (mustStop()) return;
            await database.KeyDeleteAsync([.. keys.Select(key => (RedisKey)key)]);
        }
    }

    // All commands of the batch are sent before the first answer is awaited, and one connection keeps their order. So the claim of an earlier record of the
    // batch is made before a later record is checked. The answers are awaited together, so that no failure goes unobserved. Returns the position of a
    // duplicate.
    private async Task<(int, long)?> ClaimAsync(IDatabase database, Claimant claimant, long lastSlot)
    {
        var key = Keys.For(claimant.Envelope);
        var current = BucketOf(claimant, key, 0);
        var claim = database.HashSetAsync(current, key.Field, claimant.Offset, When.NotExists);
        var expire = database.KeyExpireAsync(current, ClaimLifetime);
        var previous = database.HashGetAsync(BucketOf(claimant, key, -1), key.Field);
        var next = key.Slot < lastSlot ? database.HashGetAsync(BucketOf(claimant, key, 1), key.Field) : Task.FromResult(RedisValue.Null);
        await Task.WhenAll(claim, expire, previous, next);

        var isDuplicate = IsEarlier(await previous, claimant, key, -1)
            || IsEarlier(await next, claimant, key, 1)
            || (!await claim && IsEarlier(await database.HashGetAsync(current, key.Field), claimant, key));
        return isDuplicate ? (claimant.Partition, claimant.Offset) : null;
    }

    private async Task ReclaimAsync(IDatabase database, Claimant claimant, ClaimKey key)
    {
        var bucket = BucketOf(claimant, key, 0);
        var claim = database.HashSetAsync(bucket, key.Field, claimant.Offset, When.NotExists);
        await Task.WhenAll(claim, database.KeyExpireAsync(bucket, ClaimLifetime));
        if (await claim) return;
        var holder = Holder(await database.HashGetAsync(bucket, key.Field), claimant, key);
        if (holder > claimant.Offset) await database.HashSetAsync(bucket, key.Field, claimant.Offset);
    }

    private bool IsEarlier(RedisValue holder, Claimant claimant, ClaimKey key, int neighbour = 0) => Holder(holder, claimant, key, neighbour) < claimant.Offset;

    // The offset in a claim; null if there is no claim.
    private long? Holder(RedisValue holder, Claimant claimant, ClaimKey key, int neighbour = 0)
    {
        if (holder.IsNull) return null;
        if (holder.TryParse(out long offset)) return offset;
        throw RedisReads.Unreadable(BucketOf(claimant, key, neighbour), holder, "an offset in one of its fields", BucketRemedy(claimant.Partition));
    }

    // In the claimant's own slot (0) or a neighbouring one (-1, 1).
    private string BucketOf(Claimant claimant, ClaimKey key, int neighbour) => Keys.Bucket(claimant.Partition, key.Slot + neighbour, key.Bucket);

    /// <summary>Runs commands on buckets. If one of them is not a bucket, the exception names it.</summary>
    private async Task<T> WithBucketsAsync<T>(IReadOnlyCollection<Claimant> claimants, Func<IDatabase, Task<T>> call)
    {
        var database = _redis.GetDatabase();
        try
        {
            return await call(database);
        }
        catch (RedisServerException)
        {
            foreach (var (claimant, key) in claimants.Select(claimant => (claimant, Keys.For(claimant.Envelope))))
            {
                foreach (var neighbour in new[] { -1, 0, 1 })
                {
                    RedisKey bucket = BucketOf(claimant, key, neighbour);
                    var remedy = BucketRemedy(claimant.Partition);
                    await database.RunCheckedAsync(hash => hash.HashExistsAsync(bucket, key.Field), remedy, [(bucket, RedisType.Hash)]);
                }
            }
            throw;
        }
    }

    // The markers would still cover the claims of the deleted bucket. Without the state no marker counts, so both have to be deleted at once.
    private string BucketRemedy(int partition) =>
        $"delete it and {Keys.State(partition)} in one command (DEL KEY KEY): the claims are then restored from events.collected";

    // A state of another window is ignored, and so are two states; see SaveAsync.
    private async Task<ClaimState?> StateAsync(int partition)
    {
        RedisKey key = Keys.State(partition);
        const string Remedy = "delete it: the claims are then restored from events.collected";
        var members = await _redis.GetDatabase().RunCheckedAsync(database => database.SetMembersAsync(key), Remedy, [(key, RedisType.Set)]);
        var states = members.Select(member =>
            ClaimState.Parse((string)member!) ?? throw RedisReads.Unreadable(key, member, "POSITION SLOT GENERATION WINDOW", Remedy)).ToList();
        return states is [var only] && only.Window == Window ? only : null;
    }
}
