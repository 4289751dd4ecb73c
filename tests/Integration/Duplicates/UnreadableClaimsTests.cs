using cdp;
using Cdp.Contracts;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Cdp.Validation;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Integration.Duplicates;

/// <summary>
/// Claims in Redis with values that no service wrote. This is never the fault of an event: the loop waits, reports the key and the remedy, and carries on once
/// the key is deleted.
/// </summary>
public sealed class UnreadableClaimsTests(TestStack stack)
{
    /// <param name="pattern">A pattern of the keys to corrupt, without the prefix.</param>
    /// <param name="value">The string to write; null: a hash, or for a key that is a hash a wrong value in each field.</param>
    [Theory]
    [InlineData("claims-states:*", "abc")]
    [InlineData("claims-states:*", "1 2 generation window")]
    [InlineData("claims-states:*", null)]
    [InlineData("claims:*", "abc")]
    [InlineData("claims:*", null)]
    public async Task Validation_UnreadableClaim_WaitsAndNamesTheKeyUntilItIsDeleted(string pattern, string? value)
    {
        await using var cluster = await stack.ClusterAsync(RedisKind.RedisServer);
        var service = await cluster.StartAsync(ValidationService.Service);
        await cluster.ProduceAsync(0, 50);
        await Eventually.TrueAsync(async () => (await cluster.ReadValidatedAsync()).Count == 50, "all events are validated");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Redis.Endpoint);
        var keys = await redis.KeysAsync(cluster, pattern);
        foreach (var key in keys) await CorruptAsync(redis.GetDatabase(), key, value);

        // The first half is sent again.
        await cluster.ProduceAsync(0, 75);
        await Eventually.TrueAsync(
            () =>
                service.Waits
                    .Any(
                        detail => keys.Any(key => detail.Contains($"the key {key} in Redis", StringComparison.Ordinal))
                            && detail.Contains("delete it", StringComparison.Ordinal)),
            "the loop says which key is wrong");
        await redis.GetDatabase().KeyDeleteAsync([.. keys.Concat(await redis.KeysAsync(cluster, "claims-states:*")).Distinct()]);
        await Eventually.TrueAsync(async () => (await cluster.ReadValidatedAsync()).Distinct().Count() == 75, "the new events are validated");

        Assert.Equal(Enumerable.Range(0, 75), (await cluster.ReadValidatedAsync()).Order());
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    private static async Task CorruptAsync(IDatabase redis, RedisKey key, string? value)
    {
        if (value is null && await redis.KeyTypeAsync(key) == RedisType.Hash)
        {
            foreach (var field in await redis.HashKeysAsync(key)) await redis.HashSetAsync(key, field, "abc");
            return;
        }
        await redis.KeyDeleteAsync(key);
        await (value is null ? redis.HashSetAsync(key, "f", "abc", When.Always) : redis.StringSetAsync(key, value));
    }
}
