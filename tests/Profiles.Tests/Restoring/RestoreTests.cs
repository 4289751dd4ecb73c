using System.Security.Cryptography;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Restoring;

/// <summary>A Redis that lost its state, or some of it, has the same again: without an event that asks for it.</summary>
public sealed class RestoreTests(Stack stack) : IClassFixture<Stack>
{
    private static readonly string[] People = [.. Enumerable.Range(0, 50).Select(i => $"p{i}")];

    [Fact]
    public async Task Service_RedisFlushedWhileNothingArrives_HasTheSameAgain()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = new Installation(stack, redis.Endpoint);
        await installation.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await SendAsync(installation, 3);
        var before = await UntilAsync(connection, installation, total: 3);

        await connection.GetServers()[0].FlushAllDatabasesAsync();

        await Eventually.Async(async () => await HashAsync(connection, installation) == before);
        await SendAsync(installation, 1);
        await UntilAsync(connection, installation, total: 4);
    }

    [Fact]
    public async Task Service_RedisFlushedAgainAndAgainWhileEventsArrive_LosesNone()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = new Installation(stack, redis.Endpoint);
        await installation.StartAsync();
        await using var connection = await redis.ConnectAsync();
        for (var round = 0; round < 5; round++)
        {
            var sending = SendAsync(installation, 4);
            await connection.GetServers()[0].FlushAllDatabasesAsync();
            await sending;
            await connection.GetServers()[0].FlushAllDatabasesAsync();
        }
        await UntilAsync(connection, installation, total: 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Service_RedisComesBackWithAnOlderFile_HasTheSameAgain(bool whileItRuns)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = new Installation(stack, redis.Endpoint);
        await installation.StartAsync();
        string before;
        await using (var connection = await redis.ConnectAsync())
        {
            await SendAsync(installation, 2);
            await UntilAsync(connection, installation, total: 2);
            await connection.GetServers()[0].ExecuteAsync("SAVE");
            await SendAsync(installation, 3);
            before = await UntilAsync(connection, installation, total: 5);
        }

        if (!whileItRuns) await installation.StopAsync();
        redis.Kill();
        await redis.ResumeAsync();
        if (!whileItRuns) await installation.StartAsync();

        await using var back = await redis.ConnectAsync();
        await Eventually.Async(async () => await HashAsync(back, installation) == before);
        await SendAsync(installation, 1);
        await UntilAsync(back, installation, total: 6);
    }

    private static async Task SendAsync(Installation installation, int each)
    {
        for (var i = 0; i < each; i++) await installation.SendAsync([.. People.Select(profileId => Some.Event(profileId, "track", i, $"m{i}", null, "A", Some.Id("user_id", profileId)))]);
    }

    /// <summary>Waits until every profile has so many events, and answers the hash of all.</summary>
    private static async Task<string> UntilAsync(IConnectionMultiplexer connection, Installation installation, long total)
    {
        await Eventually.Async(async () => (await Task.WhenAll(People.Select(async profileId =>
            (byte[]?)await connection.GetDatabase().StringGetAsync(installation.Keys.Profile(installation.Partition(profileId), profileId)))))
            .All(bytes => bytes is not null && ((cdp.Profile)installation.Codec.Decode(bytes)).total == total));
        return await HashAsync(connection, installation);
    }

    /// <summary>Over every key of the profiles and its bytes.</summary>
    private static async Task<string> HashAsync(IConnectionMultiplexer connection, Installation installation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var key in connection.GetServers()[0].Keys(pattern: $"{installation.Kafka.TopicPrefix}profile:*").Select(key => (string)key!).Order(StringComparer.Ordinal).ToList())
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(key));
            hash.AppendData((byte[]?)await connection.GetDatabase().StringGetAsync(key) ?? []);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
