using Cdp.Validation.Duplicates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Validation.Tests.Duplicates;

/// <summary>The window is a minute, so a slot begins with each minute.</summary>
[Trait("tier", "integration")]
public sealed class DuplicateFilterTests(RedisFixture redis, CollectedLogFixture log) : IClassFixture<RedisFixture>, IClassFixture<CollectedLogFixture>
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly DateTime Start = new(DateTime.UtcNow.AddHours(-2).Ticks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, DateTimeKind.Utc);

    // Brokers reject record timestamps too far in the future.
    private const int FurthestTimestamp = 3_600;

    private readonly int _partition = log.NewPartition();
    private readonly ClaimStore _store = new(redis.Connection);

    [Theory]
    [InlineData(50, 65, true)]
    [InlineData(65, 50, true)]
    [InlineData(0, 60, true)]
    [InlineData(60, 0, true)]
    [InlineData(119, 61, true)]
    [InlineData(0, 120, false)]
    [InlineData(120, 0, false)]
    public async Task FindDuplicatesAsync_SecondOccurrence_IsFoundOnBothSidesOfASlotBoundary(int first, int second, bool isDuplicate)
    {
        var records = await AppendAsync(("a", first), ("a", second));
        Assert.Empty(await Filter().FindDuplicatesAsync([records[0]], Stopping));
        Assert.Equal(isDuplicate ? [1L] : [], await FindAsync(Filter(), records[1]));
        // The result is the same when both are read again.
        Assert.Equal(isDuplicate ? [1L] : [], await FindAsync(Filter(), [.. records]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_ClaimsExpiredWhileTheServiceWasDown_AreRestored()
    {
        var records = await AppendAsync(("a", 10), ("b", 70), ("a", 62), ("b", 75));
        await Filter().FindDuplicatesAsync([records[0], records[1]], Stopping);
        foreach (var slot in Slots(records)) await _store.ExpireAsync(_partition, slot, _ => true);
        Assert.Equal([2L, 3L], await FindAsync(Filter(), records[2], records[3]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_ClaimsExpireBetweenTwoBatchesOfALaggingService_AreRestored()
    {
        var filter = Filter();
        var records = await AppendAsync(("a", 10), ("b", 20), ("a", 62));
        await FindAsync(filter, records[0]);
        await FindAsync(filter, records[1]);
        foreach (var slot in Slots(records)) await _store.ExpireAsync(_partition, slot, _ => true);
        Assert.Equal([2L], await FindAsync(filter, records[2]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_RecordOlderThanAllKeptSlots_IsComparedWithTheLog()
    {
        var filter = Filter();
        var records = await AppendAsync(("a", 10), ("b", 70), ("c", 130), ("d", 190), ("e", 250), ("a", 15));
        foreach (var record in records.Take(5)) await FindAsync(filter, record);
        Assert.Equal([5L], await FindAsync(filter, records[5]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_CatchingUpWithALag_KeepsOnlySlotsThatMayBeNeeded()
    {
        var filter = Filter();
        var records = await AppendAsync([.. Enumerable.Range(0, 30).Select(i => ($"m{i}", i * 20))]);
        foreach (var record in records) await FindAsync(filter, record);
        Assert.InRange(_store.Keys("claims:*").Select(key => key.Split(':')[^2]).Distinct().Count(), 1, 3);
    }

    [Fact]
    public async Task FindDuplicatesAsync_ClockFarAhead_ForgetsNothing()
    {
        var filter = Filter();
        var records = await AppendAsync(("a", 10), ("b", 1_000_000_000), ("a", 20), ("c", 70), ("a", 61), ("b", 1_000_000_030));
        var duplicates = new List<long>();
        foreach (var record in records) duplicates.AddRange(await FindAsync(filter, record));
        Assert.Equal([2L, 4L, 5L], duplicates);
    }

    [Fact]
    public async Task FindDuplicatesAsync_AnotherWindow_StartsOverFromTheLog()
    {
        var records = await AppendAsync(("a", 10), ("a", 100));
        await FindAsync(Filter(), records[0]);
        Assert.Equal([1L], await FindAsync(Filter(TimeSpan.FromHours(1)), records[1]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_Batch_MarkersExpireBeforeTheirClaims()
    {
        var records = await AppendAsync(("a", 10), ("b", 70));
        await FindAsync(Filter(), [.. records]);
        await _store.LoseAllAsync();
        await FindAsync(Filter(), [.. await AppendAsync(("c", 75))]);
        var markers = await LifetimesAsync("claims-slot:*");
        Assert.NotEmpty(markers);
        Assert.True(markers.Max() < (await LifetimesAsync("claims:*")).Min());
    }

    [Fact]
    public async Task FindDuplicatesAsync_LogDoesNotReachBackFarEnough_IsLoggedOnce()
    {
        var records = await AppendAsync(("a", 10), ("b", 20), ("c", 30), ("d", 40));
        await log.TruncateAsync(_partition, 1);
        var warnings = new WarningLog();
        var filter = new DuplicateFilter(new Claims(redis.Connection, _store.Prefix, Window), new CollectedLog(log.Kafka, log.Codec), warnings);
        await FindAsync(filter, records[2]);
        await _store.LoseAllAsync();
        await FindAsync(filter, records[3]);
        Assert.Contains($"partition {_partition} ", Assert.Single(warnings.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindDuplicatesAsync_SlotRestoredForARecordReadAgainAlone_IsCompleteOnlyUpToIt()
    {
        var records = await AppendAsync(("a", 10), ("b", 20), ("c", 25), ("d", 30), ("c", 40));
        var filter = Filter();
        await FindAsync(filter, [.. records.Take(4)]);
        foreach (var slot in Slots(records)) await _store.ExpireAsync(_partition, slot, _ => true);
        // A record that failed is read again alone. After that, the records between it and the next batch are not read.
        await FindAsync(filter, records[1]);
        Assert.Equal([4L], await FindAsync(Filter(), records[4]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_TopicRecreated_IgnoresClaimsOfThePreviousTopic()
    {
        var old = await AppendAsync(("a", 10), ("b", 20), ("c", 30));
        var before = Filter();
        await before.AssignedAsync();
        await FindAsync(before, [.. old]);
        await log.RecreateAsync();
        var fresh = await AppendAsync(("x", 31), ("a", 32), ("c", 33), ("c", 34));
        var after = Filter();
        await after.AssignedAsync();
        Assert.Equal([3L], await FindAsync(after, [.. fresh]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_AnotherServerTookOverWithoutTheLastClaims_RestoresThem()
    {
        var records = await AppendAsync(("a", 10), ("b", 20), ("a", 30), ("c", 40));
        var filter = Filter();
        await FindAsync(filter, records[1]);
        var replica = await _store.SnapshotAsync();
        await FindAsync(filter, records[2]);
        var held = (await Claims().ReadAsync(Part(records[3]))).State!;
        // The connection remains open, as it does when a cluster answers MOVED.
        await _store.RollBackAsync(replica);
        Assert.False(await Claims().SaveAsync(_partition, held, held with { Position = 3 }, []));
        Assert.Null((await Claims().ReadAsync(Part(records[3]))).State);
        Assert.Equal([4L], await FindAsync(filter, [records[3], .. await AppendAsync(("a", 45))]));
    }

    [Fact]
    public async Task FindDuplicatesAsync_PartitionRevokedDuringABatch_IsForgotten()
    {
        var records = await AppendAsync(("a", 10), ("b", 20), ("b", 30));
        var filter = Filter();
        // The partition is revoked on the loop's thread while the batch is processed on other threads.
        var reading = filter.FindDuplicatesAsync([records[0]], Stopping);
        filter.Revoked([_partition]);
        await reading;
        var own = await _store.SnapshotAsync();
        await FindAsync(Filter(), records[1]);
        // Redis falls back to the claims of this member, without those of the other.
        await _store.RollBackAsync(own);
        Assert.Equal([2L], await FindAsync(filter, records[2]));
    }

    [Fact]
    public async Task DeleteSlotAsync_AnotherMemberMayUseTheSlot_DeletesNothing()
    {
        var records = await AppendAsync(("a", 10));
        await FindAsync(Filter(), records[0]);
        var keys = _store.Keys().Count;
        await Claims().DeleteSlotAsync(_partition, Slots(records).ElementAt(1), () => true);
        Assert.Equal(keys, _store.Keys().Count);
        await Claims().DeleteSlotAsync(_partition, Slots(records).ElementAt(1), () => false);
        Assert.Equal(keys - 2, _store.Keys().Count);
    }

    /// <summary>
    /// Random arrivals, out of order around slot boundaries, are read in random batches by services that restart, read again, lag and move, on a Redis that
    /// loses keys, expires them and falls back to snapshots. In all cases, no record passes within a window of another one with the same messageId that passed,
    /// and no record is dropped without a reason in the log.
    /// </summary>
    [Fact]
    public async Task FindDuplicatesAsync_AnyHistory_PassesOneRecordPerWindow()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var (random, partition, store) = (new Random(seed), log.NewPartition(), new ClaimStore(redis.Connection));
            var arrivals = Enumerable.Range(0, 60)
                .Select(_ => (Id: $"m{random.Next(6)}", At: random.Next(300), Delay: random.Next(4) == 0 ? random.Next(150) : random.Next(5)))
                .OrderBy(one => one.At + one.Delay)
                .Select(one => (Events.Track("A", "{}", one.Id, Start.AddSeconds(one.At)), Start.AddSeconds(one.At + one.Delay)))
                .ToList();
            var records = await log.AppendAsync(partition, arrivals);
            AssertOnePerWindow(records, await ReadAsync(random, records, store), seed);
        }
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private async Task<bool[]> ReadAsync(Random random, IReadOnlyList<Claimant> records, ClaimStore store)
    {
        var isDuplicate = new bool?[records.Count];
        var (filter, snapshot, committed) = (Filter(store: store), await store.SnapshotAsync(), 0);
        while (committed < records.Count)
        {
            var batch = records.Skip(committed).Take(random.Next(1, 9)).ToList();
            await DecideAsync(batch);
            // The loop searches for a record that fails: some records are read alone, in any order, then the batch without the records that were given up.
            if (random.Next(3) == 0)
            {
                foreach (var record in batch.OrderBy(_ => random.Next()).Take(3).ToList()) await DecideAsync([record]);
                if (batch.Where(_ => random.Next(3) != 0).ToList() is { Count: > 0 } rest) await DecideAsync(rest);
            }
            // Otherwise the batch is aborted, and some or all of it is read again.
            if (random.Next(4) != 0) committed += random.Next(3) == 0 ? random.Next(batch.Count + 1) : batch.Count;
            var slots = Slots(records).ToList();
            switch (random.Next(9))
            {
                case 0: filter = Filter(store: store); break;
                case 1: await store.ExpireAsync(records[0].Partition, slots[random.Next(slots.Count)], _ => random.Next(2) == 0); break;
                case 2:
                    foreach (var slot in slots) await store.ExpireAsync(records[0].Partition, slot, _ => true);
                    break;
                case 3:
                    snapshot = await store.SnapshotAsync();
                    break;
                // The connection was lost as well, so the filter starts over.
                case 4:
                    await store.RollBackAsync(snapshot);
                    filter = Filter(store: store);
                    break;
                case 5:
                    await store.LoseAllAsync();
                    filter = Filter(store: store);
                    break;
            }
        }
        return [.. isDuplicate.Select(one => one!.Value)];

        async Task DecideAsync(IReadOnlyList<Claimant> read)
        {
            var found = await filter.FindDuplicatesAsync(read, Stopping);
            foreach (var record in read)
            {
                var isFound = found.Contains((record.Partition, record.Offset));
                Assert.True((isDuplicate[record.Offset] ?? isFound) == isFound, $"offset {record.Offset} is decided differently when read again");
                isDuplicate[record.Offset] = isFound;
            }
        }
    }

    private static void AssertOnePerWindow(IReadOnlyList<Claimant> records, bool[] isDuplicate, int seed)
    {
        foreach (var same in records.GroupBy(record => record.Envelope.messageId))
        {
            foreach (var record in same)
            {
                var before = same.Where(other => other.Offset < record.Offset).ToList();
                var hasReason = before.Exists(other => Apart(record, other) < Window * 2);
                var mustBeDropped = before.Exists(other => !isDuplicate[other.Offset] && Apart(record, other) <= Window);
                var what = $"seed {seed}: {record.Offset}";
                if (isDuplicate[record.Offset]) Assert.True(hasReason, $"{what} was dropped without an earlier occurrence within two windows");
                else Assert.False(mustBeDropped, $"{what} passed within a window of an earlier occurrence");
            }
        }
    }

    private static TimeSpan Apart(Claimant one, Claimant other) => (one.Envelope.receivedAt - other.Envelope.receivedAt).Duration();

    private static IEnumerable<long> Slots(IEnumerable<Claimant> records) => records
        .Select(record => new ClaimKeys("", Window, "").SlotOf(record.Envelope.receivedAt))
        .SelectMany(slot => new[] { slot - 1, slot, slot + 1 })
        .Distinct();

    private DuplicateFilter Filter(TimeSpan? window = null, ClaimStore? store = null)
    {
        var claims = new Claims(redis.Connection, (store ?? _store).Prefix, window ?? Window);
        return new DuplicateFilter(claims, new CollectedLog(log.Kafka, log.Codec), NullLogger<DuplicateFilter>.Instance);
    }

    private Claims Claims() => new(redis.Connection, _store.Prefix, Window);

    private PartitionBatch Part(Claimant record) => PartitionBatch.Of([record], Claims().Keys).Single();

    private Task<IReadOnlyList<Claimant>> AppendAsync(params (string MessageId, int Second)[] events) =>
        log.AppendAsync(_partition, events.Select(one => (
            Events.Track("A", "{}", one.MessageId, Start.AddSeconds(one.Second)),
            Start.AddSeconds(Math.Min(one.Second, FurthestTimestamp)))));

    private static async Task<IEnumerable<long>> FindAsync(DuplicateFilter filter, params Claimant[] batch) =>
        (await filter.FindDuplicatesAsync(batch, Stopping)).Select(one => one.Offset).Order();

    private async Task<IReadOnlyList<TimeSpan>> LifetimesAsync(string pattern)
    {
        var lifetimes = new List<TimeSpan>();
        foreach (var key in _store.Keys(pattern)) lifetimes.Add((await redis.Connection.GetDatabase().KeyTimeToLiveAsync(key))!.Value);
        return lifetimes;
    }

    private sealed class WarningLog : ILogger<DuplicateFilter>
    {
        public List<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Add(formatter(state, exception));
    }
}
