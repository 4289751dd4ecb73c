using System.Security.Cryptography;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Storing;

/// <summary>A Redis that lost all or some of its state is restored to the same state, even if no event arrives.</summary>
[Trait("tier", "integration")]
public sealed class RestoreTests(Stack stack) : IClassFixture<Stack>
{
    private static readonly string[] People = [.. Enumerable.Range(0, 50).Select(i => $"p{i}")];

    [Fact]
    public async Task Service_RedisFlushedWhileIdle_RestoresTheSameProfiles()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = new Installation(stack, redis.Endpoint);
        await installation.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await SendAsync(installation, 3);
        var before = await UntilAsync(connection, installation, total: 3);

        await connection.GetServers()[0].FlushAllDatabasesAsync();

        await Eventually.SucceedsAsync(async () => await HashAsync(connection, installation) == before);
        await SendAsync(installation, 1);
        await UntilAsync(connection, installation, total: 4);
    }

    [Fact]
    public async Task Service_RedisFlushedRepeatedlyDuringEvents_LosesNone()
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
    public async Task Service_RedisRestartedFromOlderFile_RestoresTheSameProfiles(bool whileRunning)
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

        if (!whileRunning) await installation.StopAsync();
        redis.Kill();
        await redis.ResumeAsync();
        if (!whileRunning) await installation.StartAsync();

        await using var back = await redis.ConnectAsync();
        await Eventually.SucceedsAsync(async () => await HashAsync(back, installation) == before);
        await SendAsync(installation, 1);
        await UntilAsync(back, installation, total: 6);
    }

    private static async Task SendAsync(Installation installation, int each)
    {
        for (var i = 0; i < each; i++)
        {
            var events = People.Select(profileId => Some.Event(profileId, "track", i, $"m{i}", null, "A", Some.Id("user_id", profileId)));
            await installation.SendAsync([.. events]);
        }
    }

    /// <summary>Waits until every profile has this number of events, and returns the hash of all profiles.</summary>
    private static async Task<string> UntilAsync(IConnectionMultiplexer connection, Installation installation, long total)
    {
        await Eventually.SucceedsAsync(async () => (await Task.WhenAll(People.Select(async profileId =>
            (byte[]?)await connection.GetDatabase().StringGetAsync(installation.Keys.Profile(installation.Partition(profileId), profileId)))))
            .All(bytes => bytes is not null && ((cdp.Profile)installation.Codec.Decode(bytes)).total == total));
        return await HashAsync(connection, installation);
    }

    /// <summary>A hash of all keys of profiles and their bytes.</summary>
    private static async Task<string> HashAsync(IConnectionMultiplexer connection, Installation installation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var keys = connection.GetServers()[0].Keys(pattern: $"{installation.Kafka.TopicPrefix}profile:*").Select(key => (string)key!);
        foreach (var key in keys.Order(StringComparer.Ordinal).ToList())
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(key));
            hash.AppendData((byte[]?)await connection.GetDatabase().StringGetAsync(key) ?? []);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
