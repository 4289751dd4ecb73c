using Cdp.Validation.Duplicates;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Validation.Tests.Duplicates;

[Trait("tier", "integration")]
public sealed class ClaimsOnRedisTests(RedisFixture redis) : ClaimsTests(redis.Connection), IClassFixture<RedisFixture>
{
    [Fact]
    public async Task ClaimAsync_ManyClaims_BucketsStayPacked()
    {
        await Claim([.. Enumerable.Range(0, 5_000).Select(i => At(3, i, $"m{i}"))]);
        Assert.Equal("listpack", await redis.Connection.GetDatabase().KeyEncodingAsync(Store.Keys().First()));
    }
}

[Trait("tier", "integration")]
public sealed class ClaimsOnGarnetTests(GarnetServer garnet) : ClaimsTests(garnet.Connection), IClassFixture<GarnetServer>;

/// <summary>The contract of the claims on every Redis server.</summary>
[Trait("tier", "integration")]
public abstract class ClaimsTests(IConnectionMultiplexer redis)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private readonly ClaimStore _store = new(redis);

    [Fact]
    public async Task ClaimAsync_FirstOccurrences_AreNotDuplicates() => Assert.Empty(await Claim(At(0, 1, "a"), At(0, 2, "b"), At(1, 1, "c")));

    [Fact]
    public async Task ClaimAsync_SameOffsetAgain_ReclaimsItsOwn()
    {
        await Claim(At(0, 1, "a"));
        Assert.Empty(await Claim(At(0, 1, "a")));
    }

    [Fact]
    public async Task ClaimAsync_HigherOffset_IsADuplicateEachTime()
    {
        await Claim(At(0, 1, "a"));
        Assert.Equal([(0, 2L)], await Claim(At(0, 2, "a")));
        Assert.Equal([(0, 2L)], await Claim(At(0, 1, "a"), At(0, 2, "a")));
    }

    [Fact]
    public async Task ClaimAsync_TwiceInOneBatch_KeepsTheFirst() =>
        Assert.Equal([(0, 2L), (0, 4L)], (await Claim(At(0, 1, "a"), At(0, 2, "a"), At(0, 3, "b"), At(0, 4, "a"))).Order());

    [Fact]
    public async Task ClaimAsync_SameMessageIdOfAnotherSource_IsAnotherMessage()
    {
        var other = At(0, 2, "a");
        other.Envelope.sourceId = "app";
        Assert.Empty(await Claim(At(0, 1, "a"), other));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(24, true)]
    [InlineData(48, false)]
    [InlineData(-24, true)]
    [InlineData(-48, false)]
    public async Task ClaimAsync_SecondOccurrence_IsADuplicateOnlyWithinTheWindow(int hoursLater, bool duplicate)
    {
        await Claim(At(0, 1, "a"));
        Assert.Equal(duplicate, (await Claim(At(0, 2, "a", hoursLater))).Count == 1);
    }

    [Fact]
    public async Task ClaimAsync_SeenAgainInEachWindow_StaysADuplicate()
    {
        await Claim(At(0, 1, "a"));
        await Claim(At(0, 2, "a", 24));
        Assert.Equal([(0, 3L)], await Claim(At(0, 3, "a", 48)));
        Assert.Equal([(0, 2L)], await Claim(At(0, 2, "a", 24)));
    }

    [Fact]
    public async Task ClaimAsync_TwiceInOneBatchAcrossTwoWindows_KeepsTheFirst() => Assert.Equal([(0, 2L)], await Claim(At(0, 1, "a"), At(0, 2, "a", 24)));

    [Fact]
    public async Task ClaimAsync_InvertedOrderAcrossTwoSlots_KeepsTheFirstWhenReadAgain()
    {
        Assert.Equal([(0, 2L)], await Claim(At(0, 1, "a", 24), At(0, 2, "a")));
        Assert.Equal([(0, 2L)], await Claim(At(0, 1, "a", 24), At(0, 2, "a")));
    }

    [Fact]
    public async Task ClaimAsync_ManyRecords_AreDistinguishedAndExpire()
    {
        await Claim([.. Enumerable.Range(0, 5_000).Select(i => At(3, i, $"m{i}"))]);
        var key = _store.Keys()[0];
        Assert.StartsWith($"{_store.Prefix}claims:{{p3}}:", key, StringComparison.Ordinal);
        Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, 2.5 * Window - TimeSpan.FromMinutes(1), 2.5 * Window);
        Assert.Empty(await Claim([.. Enumerable.Range(0, 5_000).Select(i => At(3, i, $"m{i}"))]));
        Assert.Equal(5_000, (await Claim([.. Enumerable.Range(0, 5_000).Select(i => At(3, 10_000 + i, $"m{i}"))])).Count);
    }

    [Fact]
    public async Task ReclaimAsync_ClaimTakenByALaterRecord_GoesBackToTheFirst()
    {
        await Claim(At(0, 5, "a"), At(0, 6, "b"));
        await new Claims(redis, _store.Prefix, Window).ReclaimAsync([At(0, 1, "a"), At(0, 2, "a"), At(0, 3, "c")]);
        var duplicates = await Claim(At(0, 1, "a"), At(0, 2, "a"), At(0, 3, "c"), At(0, 4, "c"), At(0, 5, "a"), At(0, 6, "b"));
        Assert.Equal([(0, 2L), (0, 4L), (0, 5L)], duplicates.Order());
    }

    private protected ClaimStore Store => _store;

    protected async Task<IReadOnlySet<(int, long)>> Claim(params Claimant[] claimants)
    {
        var claims = new Claims(redis, _store.Prefix, Window);
        var lastSlot = claims.Keys.SlotOf(Events.Noon.AddDays(3));
        var lastSlots = claimants.Select(claimant => claimant.Partition).Distinct().ToDictionary(partition => partition, _ => lastSlot);
        return await claims.ClaimAsync(claimants, lastSlots);
    }

    protected static Claimant At(int partition, long offset, string messageId, int hoursLater = 0) =>
        new(partition, offset, Events.Track("A", "{}", messageId, Events.Noon.AddHours(hoursLater)));
}
