using cdp;
using Cdp.Contracts;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Cdp.Validation;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Integration.Duplicates;

/// <summary>Redis loses claims, by a restart from an older file; a message that comes again does not count again.</summary>
public sealed class LostClaimsTests(TestStack stack)
{
    [Theory]
    [InlineData(RedisKind.OfStack)]
    [InlineData(RedisKind.RedisServer)]
    public async Task Validation_RedisWithoutItsClaims_StillKnowsWhatItHasSeen(RedisKind kind)
    {
        await using var cluster = await stack.ClusterAsync(kind);
        await cluster.StartAsync(ValidationService.Service);
        await cluster.ProduceAsync(0, 100);
        await Eventually.TrueAsync(async () => (await ValidatedAsync(cluster)).Count == 100, "all are validated");

        await using (var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Redis.Endpoint))
        {
            foreach (var server in redis.GetServers())
            {
                await foreach (var key in server.KeysAsync(pattern: cluster.Redis.KeyPrefix + "claims*")) await redis.GetDatabase().KeyDeleteAsync(key);
            }
        }
        await cluster.ProduceAsync(0, 140);
        await Eventually.TrueAsync(async () => (await ValidatedAsync(cluster)).Distinct().Count() == 140, "the new ones are validated");

        Assert.Equal(Enumerable.Range(0, 140), (await ValidatedAsync(cluster)).Order());
    }

    private static async Task<List<int>> ValidatedAsync(Cluster cluster) =>
        [.. (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Select(record => int.Parse(record.envelope.messageId, System.Globalization.CultureInfo.InvariantCulture))];
}
