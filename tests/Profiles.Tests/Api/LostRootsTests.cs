using System.Net;
using Cdp.Contracts;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Api;

/// <summary>
/// Redis has lost roots. An identifier would lead to the profile that it implies without any decision, which is wrong or does not exist. So the API returns no
/// profile until identity has restored the roots.
/// </summary>
[Trait("tier", "integration")]
public sealed class LostRootsTests(Stack stack) : IClassFixture<Stack>
{
    [Fact]
    public async Task Api_RedisFellBack_Returns503UntilDecisionsAreRestored()
    {
        await using var installation = new Installation(stack);
        await using var connection = await stack.ConnectAsync();
        var (redis, root) = (connection.GetDatabase(), installation.Keys.Root(Some.Id("user_id", "u")));
        await redis.StringSetAsync([new(installation.Keys.LinkerApplied, "5 9"), new(root, "5 p")]);
        await installation.StartAsync();
        await installation.SendAsync(Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/u", "A", 1);

        await redis.KeyDeleteAsync([root, installation.Keys.LinkerApplied]);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), await StatusAsync(installation));
        await redis.StringSetAsync([new(installation.Keys.LinkerApplied, "4 7")]);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), await StatusAsync(installation));
        await redis.StringSetAsync([new(root, "5 p"), new(installation.Keys.LinkerApplied, "5 9")]);

        await installation.UntilCountedAsync("user_id/u", "A", 1);
    }

    [Fact]
    public async Task Api_OneHashTagOfClusterFellBack_Returns503ForItsIdentifiersOnly()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(cluster.Endpoint);
        await using var installation = new Installation(stack, cluster.Endpoint);
        var (redis, keys) = (connection.GetDatabase(), installation.Keys);
        var (u, v) = (Some.Id("user_id", "u"), Some.Id("user_id", "v"));
        Assert.NotEqual(HotStateKeys.RootGroup(u), HotStateKeys.RootGroup(v));
        await WriteRootAsync(redis, keys, u);
        await WriteRootAsync(redis, keys, v);
        await redis.StringSetAsync(keys.LinkerApplied, "5 9");
        await installation.StartAsync();
        await installation.SendAsync(Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/u", "A", 1);

        // As after a failover of the shard, which loses the root and the position of its hash tag together.
        await redis.KeyDeleteAsync(keys.Root(u));
        await redis.StringSetAsync(TagApplied(keys, u), "4 7");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), await StatusAsync(installation));
        await installation.UntilCountedAsync("user_id/v", "A", 1);
        await WriteRootAsync(redis, keys, u);
        await installation.UntilCountedAsync("user_id/u", "A", 1);
    }

    private static async Task WriteRootAsync(IDatabase redis, HotStateKeys keys, cdp.Identifier identifier)
    {
        await redis.StringSetAsync(keys.Root(identifier), "5 p");
        await redis.StringSetAsync(TagApplied(keys, identifier), "5 9");
    }

    private static string TagApplied(HotStateKeys keys, cdp.Identifier identifier) => keys.TagApplied(HotStateKeys.RootTag(HotStateKeys.RootGroup(identifier)));

    private static async Task<(HttpStatusCode, string?)> StatusAsync(Installation installation)
    {
        var (status, _, retryAfter) = await installation.GetAsync("user_id/u");
        return (status, retryAfter);
    }
}
