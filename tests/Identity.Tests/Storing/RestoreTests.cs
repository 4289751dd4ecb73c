using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Streaming.Reading;
using Cdp.Testing;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Storing;

/// <summary>A Redis that lost the graph, or a part of it, is restored from identity.decisions even if no event needs it.</summary>
[Trait("tier", "integration")]
public sealed class RestoreTests
{
    [Theory]
    [InlineData("flushed")]
    [InlineData("older file")]
    public async Task Service_RedisLosesStateWhileNothingArrives_RestoresAllOfIt(string loss)
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await server.ConnectAsync();
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await LinkAsync(stack, 0, 20);
        await stack.AppliedAsync(20);
        await redis.GetServers()[0].ExecuteAsync("SAVE");
        await LinkAsync(stack, 20, 20);
        await stack.AppliedAsync(40);
        await Eventually.TrueAsync(
            async () => await stack.Store.LinkerPositionAsync() == await Changelog.EndAsync(stack.Kafka, Topics.IdentityRequests, 0),
            "the linker has published the end of its requests");
        var before = await StateAsync(redis, stack.Prefix);

        if (loss == "flushed")
        {
            await redis.GetServers()[0].FlushAllDatabasesAsync();
        }
        else
        {
            server.Kill();
            await server.ResumeAsync();
        }

        await Eventually.TrueAsync(async () => await IsRestoredAsync(), "Redis has the same keys and values again");
        await service.StopAsync(TestContext.Current.CancellationToken);

        async Task<bool> IsRestoredAsync()
        {
            try
            {
                return await StateAsync(redis, stack.Prefix) == before;
            }
            catch (Exception e) when (Redis.IsOutage(e))
            {
                // The server is still starting.
                return false;
            }
        }
    }

    private static Task LinkAsync(ServiceStack stack, int first, int count) =>
        stack.SendAsync([.. Enumerable.Range(first, count).Select(i => Given.Event($"{i}", userId: $"u{i}", anonymousId: $"a{i}"))]);

    /// <summary>Every key of the installation and its value.</summary>
    private static async Task<string> StateAsync(ConnectionMultiplexer redis, string prefix)
    {
        var lines = new List<string>();
        foreach (var key in redis.GetServers()[0].Keys(pattern: $"{prefix}*").ToList())
        {
            var type = await redis.GetDatabase().KeyTypeAsync(key);
            var value = type == RedisType.Hash ? await HashAsync(key) : (string?)await redis.GetDatabase().StringGetAsync(key);
            lines.Add($"{key} {value}");
        }
        return string.Join('\n', lines.Order(StringComparer.Ordinal));

        async Task<string> HashAsync(RedisKey key)
        {
            var fields = await redis.GetDatabase().HashGetAllAsync(key);
            return string.Join(' ', fields.Select(field => $"{field.Name}={field.Value}").Order(StringComparer.Ordinal));
        }
    }
}
