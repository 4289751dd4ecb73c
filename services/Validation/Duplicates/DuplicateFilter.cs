using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Cdp.Validation.Duplicates;

/// <summary>
/// Finds duplicates: of two records of a partition with the same source and messageId whose receivedAt are at most a window apart, the one with the higher
/// offset. The result does not depend on the order of receivedAt, on how late the records are read, or on what Redis has lost or let expire: missing
/// claims are restored from events.collected before a batch is decided.
/// </summary>
public sealed partial class DuplicateFilter(Claims claims, CollectedLog log, ILogger<DuplicateFilter> logger)
{
    // "Cdp." and the name of the service. The telemetry of the process finds the meter by this name.
    private static readonly Meter Meter = new("Cdp.validation");

    private static readonly Counter<long> Restored =
        Meter.CreateCounter<long>("cdp.validation.claims.restored", "{record}", "Records of events.collected whose claims were restored.");

    // By partition. An entry exists from the first batch of the partition until it is revoked, which may happen during a batch.
    private readonly ConcurrentDictionary<int, Assignment> _assignments = new();
    private bool _isTruncationLogged;

    /// <summary>Must be called before the first batch of newly assigned partitions.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis is unavailable.</exception>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is unavailable.</exception>
    public async Task AssignedAsync()
    {
        claims.UseLog(await log.IdAsync());
        await claims.PingAsync();
    }

    /// <summary>
    /// Forgets partitions. They may be assigned again after another member has made claims for some of their records. May be called during a batch.
    /// </summary>
    public void Revoked(IEnumerable<int> partitions)
    {
        foreach (var partition in partitions)
        {
            if (_assignments.TryRemove(partition, out var assignment)) assignment.IsLost = true;
        }
    }

    /// <summary>Claims for each record of a batch and returns the positions of its duplicates.</summary>
    /// <param name="batch">The records, ordered by offset within a partition.</param>
    /// <param name="stopping">Cancelled when the service stops.</param>
    /// <exception cref="Confluent.Kafka.KafkaException">Kafka is unavailable.</exception>
    public async Task<IReadOnlySet<(int Partition, long Offset)>> FindDuplicatesAsync(IReadOnlyList<Claimant> batch, CancellationToken stopping)
    {
        var parts = PartitionBatch.Of(batch, claims.Keys);
        // Looked up once: what is learned about a partition must not outlive its assignment, even if the partition is assigned again in the meantime.
        var assignments = parts.ToDictionary(part => part.Partition, part => _assignments.GetOrAdd(part.Partition, _ => new Assignment()));
        while (true)
        {
            var (failures, started) = (claims.Failures, Stopwatch.GetTimestamp());
            var stored = await Task.WhenAll(parts.Select(claims.ReadAsync)).WaitAsync(stopping);
            var restored = await Task.WhenAll(parts.Zip(stored, (part, found) => RestoreAsync(part, found, assignments[part.Partition], stopping)));
            if (restored.Contains(true)) continue;

            var states = parts.Zip(stored, (part, found) => (Part: part, State: found.State!, LastSlot: Math.Max(found.State!.LastSlot, part.LastSlot)))
                .ToList();
            var duplicates = await claims.ClaimAsync(batch, states.ToDictionary(one => one.Part.Partition, one => one.LastSlot)).WaitAsync(stopping);
            // Redis may have restarted from an older snapshot between two commands, without writes that it had acknowledged. And a process that was
            // suspended may rely on claims that have expired.
            if (failures != claims.Failures)
            {
                foreach (var assignment in _assignments.Values) assignment.ClaimedOffset = Assignment.None;
            }
            if (failures != claims.Failures || IsOverdue()) continue;
            var advanced = await Task.WhenAll(states.Select(one =>
                AdvanceAsync(one.Part, one.State, one.LastSlot, () => assignments[one.Part.Partition].IsLost || IsOverdue()))).WaitAsync(stopping);
            foreach (var (part, isAdvanced) in parts.Zip(advanced))
            {
                var assignment = assignments[part.Partition];
                // The offset does not decrease when single records are read again: everything up to the highest one is claimed.
                assignment.ClaimedOffset = isAdvanced ? Math.Max(part.Last, assignment.ClaimedOffset) : Assignment.None;
            }
            if (!advanced.Contains(false)) return duplicates;

            bool IsOverdue() => Stopwatch.GetElapsedTime(started) > claims.Margin;
        }
    }

    /// <summary>Restores missing claims. Returns whether any were missing.</summary>
    private async Task<bool> RestoreAsync(PartitionBatch batch, StoredClaims stored, Assignment assignment, CancellationToken stopping)
    {
        var (state, missing) = (stored.State, stored.Missing(batch));
        var isBehind = state is not null && state.Position + 1 < batch.First && assignment.ClaimedOffset != state.Position;
        if (missing.Count == 0 && !isBehind) return false;

        var started = Stopwatch.GetTimestamp();
        var from = await OffsetOfAsync(batch, missing.Count == 0 || isBehind ? batch.Slots.Min() : missing.Min()).WaitAsync(stopping);
        // The records in between are too old to matter for this batch, and there may be many. They are skipped, so complete slots become incomplete.
        if (isBehind && state!.Position + 1 < from) (state, missing) = (null, batch.Slots);
        var isRebuilt = state is null;
        state ??= new ClaimState(batch.First - 1, batch.Slots.Min() - 1, Guid.NewGuid().ToString("n"), claims.Window);
        if (isBehind && !isRebuilt) from = missing.Count == 0 ? state.Position + 1 : Math.Min(from, state.Position + 1);

        var (lastSlot, count) = (state.LastSlot, 0);
        await log.ReadAsync(batch.Partition, from, batch.First, async records =>
        {
            if (records.Count > 0) lastSlot = Math.Max(lastSlot, records.Max(record => claims.Keys.SlotOf(record.Envelope.receivedAt)));
            var lost = records.Where(record => record.Offset > state.Position || missing.Contains(claims.Keys.SlotOf(record.Envelope.receivedAt))).ToList();
            await claims.ReclaimAsync(lost).WaitAsync(stopping);
            count += lost.Count;
        }, stopping);

        var complete = missing.Concat(StoredClaims.NewSlots(state, batch, lastSlot)).Distinct();
        // The position may move back: for the missing slots, only the claims up to here are restored.
        var restored = state with { Position = batch.First - 1, LastSlot = lastSlot };
        await claims.SaveAsync(batch.Partition, stored.State, restored, complete, Stopwatch.GetElapsedTime(started)).WaitAsync(stopping);
        Restored.Add(count);
        return true;
    }

    /// <summary>Moves the state to the end of the batch. Returns false if Redis has lost claims in the meantime.</summary>
    private async Task<bool> AdvanceAsync(PartitionBatch batch, ClaimState state, long lastSlot, Func<bool> mustStop)
    {
        var advanced = state with { Position = Math.Max(state.Position, batch.Last), LastSlot = lastSlot };
        if (!await claims.SaveAsync(batch.Partition, state, advanced, StoredClaims.NewSlots(state, batch, lastSlot))) return false;
        // Keeps the last slot, its neighbour, and the slot that is searched for late records of that neighbour. A larger step comes from a wrong clock and does
        // not mean that earlier slots are no longer needed.
        if (lastSlot - state.LastSlot is 0 or > 3) return true;
        for (var slot = state.LastSlot - 2; slot <= lastSlot - 3; slot++)
        {
            if (!batch.Slots.Contains(slot)) await claims.DeleteSlotAsync(batch.Partition, slot, mustStop);
        }
        return true;
    }

    private async Task<long> OffsetOfAsync(PartitionBatch batch, long slot)
    {
        var oldest = claims.Keys.StartOf(slot);
        var (offset, isTruncated) = await log.OffsetAtAsync(batch.Partition, oldest);
        if (isTruncated && offset < batch.First && !_isTruncationLogged)
        {
            _isTruncationLogged = true;
            LogTruncated(logger, batch.Partition, oldest, claims.Window * 3);
        }
        return offset;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Claims of partition {Partition} are restored from events.collected, which may not reach back to {Oldest}: a message received between then and "
            + "its first record can pass a second time. Set the topic's retention.ms to more than the longest downtime of this service plus {Needed}.")]
    private static partial void LogTruncated(ILogger logger, int partition, DateTime oldest, TimeSpan needed);

    private sealed class Assignment
    {
        public const long None = -1;

        private volatile bool _isLost;

        /// <summary>
        /// The last offset claimed. The next record of the assignment is also the next in the log: in between are only transaction markers and dead records.
        /// </summary>
        public long ClaimedOffset { get; set; } = None;

        public bool IsLost { get => _isLost; set => _isLost = value; }
    }
}
