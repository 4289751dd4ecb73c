using System.Net;
using Cdp.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.LocalRedis.Tests;

/// <summary>The features of Redis that the services need, and the durability that Local promises.</summary>
public class EmbeddedRedisTests
{
    [Fact]
    public async Task Start_WithEarlierData_HasIt()
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
    public async Task Start_SeveralConcurrently_StartsAll()
    {
        // Garnet adds a trace listener that prints to the console. Removing it must not disturb another server's start.
        for (var round = 0; round < 5; round++)
        {
            using var data = new TemporaryDirectory();
            using var together = new Barrier(4);
            var servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return EmbeddedRedis.Start(Path.Combine(data.Path, $"{i}"), IPAddress.Loopback, 0, NullLoggerFactory.Instance);
                },
                TaskCreationOptions.LongRunning)));
            foreach (var server in servers) server.Dispose();
        }
    }

    [Fact]
    public async Task Evaluate_ScriptWithSeveralKeys_RunsByHashAndInPipelines()
    {
        using var data = new TemporaryDirectory();
        using var server = Start(data);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        var database = redis.GetDatabase();
        const string SetIfNewer = """
            for i = 1, #KEYS do
              local old = tonumber(redis.call('GET', KEYS[i]) or '-1')
              if tonumber(ARGV[i]) > old then redis.call('SET', KEYS[i], ARGV[i]) end
            end
            return #KEYS
            """;
        var hash = await redis.GetServers().Single().ScriptLoadAsync(SetIfNewer);

        RedisKey[] keys = ["{p}a", "{p}b"];
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => database.ScriptEvaluateAsync(hash, keys, [i, 100 - i])));

        Assert.All(answers, answer => Assert.Equal(2, (int)answer));
        Assert.Equal(["99", "100", null], (await database.StringGetAsync(["{p}a", "{p}b", "{p}c"])).Select(value => (string?)value));
    }

    [Fact]
    public async Task Evaluate_UnknownHash_Fails()
    {
        using var data = new TemporaryDirectory();
        using var server = Start(data);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        // The client loads a script given as text again if the server does not know it, as after a restart.
        Assert.Equal(1, (int)await redis.GetDatabase().ScriptEvaluateAsync("return 1", []));
        await Assert.ThrowsAsync<RedisServerException>(() => redis.GetDatabase().ScriptEvaluateAsync(new byte[20], []));
    }

    private static EmbeddedRedis Start(TemporaryDirectory data) => EmbeddedRedis.Start(data.Path, IPAddress.Loopback, 0, NullLoggerFactory.Instance);
}
