using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Cdp.Validation;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Integration.Duplicates;

/// <summary>Redis loses claims, through a restart from an older file or by expiry. A repeated message still does not count twice.</summary>
public sealed class LostClaimsTests(TestStack stack)
{
    [Theory]
    [InlineData(RedisKind.OfStack)]
    [InlineData(RedisKind.RedisServer)]
    public async Task Validation_RedisLostClaims_StillDropsRepeatedMessages(RedisKind kind)
    {
        await using var cluster = await stack.ClusterAsync(kind);
        await cluster.StartAsync(ValidationService.Service);
        await cluster.ProduceAsync(0, 100);
        await Eventually.TrueAsync(async () => (await cluster.ReadValidatedAsync()).Count == 100, "all events are validated");

        await DeleteAsync(cluster, "claims*");
        await cluster.ProduceAsync(0, 140);
        await Eventually.TrueAsync(async () => (await cluster.ReadValidatedAsync()).Distinct().Count() == 140, "the new events are validated");

        Assert.Equal(Enumerable.Range(0, 140), (await cluster.ReadValidatedAsync()).Order());
    }

    [Theory]
    [InlineData(RedisKind.OfStack)]
    [InlineData(RedisKind.RedisServer)]
    public async Task Validation_DownUntilClaimsExpired_StillDropsRepeatedMessages(RedisKind kind)
    {
        var settings = new Dictionary<string, string?> { ["DuplicateWindow"] = "00:01:00" };
        await using var cluster = await stack.ClusterAsync(kind);
        var before = await cluster.StartAsync(ValidationService.Service, settings: settings);
        await cluster.ProduceAsync(0, 100);
        await Eventually.TrueAsync(async () => (await cluster.ReadValidatedAsync()).Count == 100, "all events are validated");
        await before.StopAsync();

        // The state, which never expires, says that all messages were claimed, but the claims and their slot markers are gone.
        await DeleteAsync(cluster, "claims:*");
        await DeleteAsync(cluster, "claims-slot:*");
        await cluster.ProduceAsync(0, 140);
        await cluster.StartAsync(ValidationService.Service, "2", settings);
        await Eventually.TrueAsync(async () => (await cluster.ReadValidatedAsync()).Distinct().Count() == 140, "the new events are validated");

        Assert.Equal(Enumerable.Range(0, 140), (await cluster.ReadValidatedAsync()).Order());
    }

    private static async Task DeleteAsync(Cluster cluster, string pattern)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Redis.Endpoint);
        foreach (var key in await redis.KeysAsync(cluster, pattern)) await redis.GetDatabase().KeyDeleteAsync(key);
    }
}
