using System.Net;
using Cdp.Local.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Local.Tests.Redis;

/// <summary>What the services need of a Redis, and what a laptop needs of a server that is killed.</summary>
public class EmbeddedRedisTests
{
    [Fact]
    public async Task Start_OnEarlierData_HasIt()
    {
        using var data = new TemporaryDirectory();
        using (var server = Start(data))
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
            await redis.GetDatabase().StringSetAsync("key", "value");
            await redis.GetDatabase().HashSetAsync("hash", "field", "value");
        }
        using (var server = Start(data))
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
            Assert.Equal("value", await redis.GetDatabase().StringGetAsync("key"));
            Assert.Equal("value", await redis.GetDatabase().HashGetAsync("hash", "field"));
        }
    }

    [Fact]
    public async Task Evaluate_ScriptOnSeveralKeys_RunsByHashAndInPipelines()
    {
        using var data = new TemporaryDirectory();
        using var server = Start(data);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        var database = redis.GetDatabase();
        const string SetIfNewer = "for i = 1, #KEYS do local old = tonumber(redis.call('GET', KEYS[i]) or '-1') if tonumber(ARGV[i]) > old then redis.call('SET', KEYS[i], ARGV[i]) end end return #KEYS";
        var hash = await redis.GetServers().Single().ScriptLoadAsync(SetIfNewer);

        RedisKey[] keys = ["{p}a", "{p}b"];
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => database.ScriptEvaluateAsync(hash, keys, [i, 100 - i])));

        Assert.All(answers, answer => Assert.Equal(2, (int)answer));
        Assert.Equal(["99", "100", null], (await database.StringGetAsync(["{p}a", "{p}b", "{p}c"])).Select(value => (string?)value));
    }

    [Fact]
    public async Task Evaluate_UnknownHash_SaysNoScript()
    {
        using var data = new TemporaryDirectory();
        using var server = Start(data);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        // A script given as text is loaded again by the client when the server does not know it, as after a restart.
        Assert.Equal(1, (int)await redis.GetDatabase().ScriptEvaluateAsync("return 1", []));
        await Assert.ThrowsAsync<RedisServerException>(() => redis.GetDatabase().ScriptEvaluateAsync(new byte[20], []));
    }

    private static EmbeddedRedis Start(TemporaryDirectory data) => EmbeddedRedis.Start(data.Path, IPAddress.Loopback, 0, NullLoggerFactory.Instance);
}
