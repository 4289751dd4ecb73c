using System.Diagnostics;
using cdp;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>A Redis server that is killed under the running service, and comes back with what it saved before, or with nothing.</summary>
public sealed class RedisLossTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cdp-identity-redis-");
    private readonly int _port = RedisServers.FreePort();
    private Process? _server;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Service_RedisComesBackWithLess_GoesOnAsIfNothingWasLost(bool hasSnapshot)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server"), "redis-server is not installed");
        Start();
        using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_port},connectRetry=50,connectTimeout=10000,abortConnect=false,allowAdmin=true");
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await stack.SendAsync(A.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.AppliedAsync())?.Sequence == 1, "the first decision is in Redis");
        if (hasSnapshot) await redis.GetDatabase().ExecuteAsync("SAVE");
        await stack.SendAsync(A.Event("2", userId: "u", anonymousId: "b"), A.Event("3", userId: "v", anonymousId: "b"));
        await stack.ReadAsync(identified: 3);
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.AppliedAsync())?.Sequence == 3, "the refusal is in Redis");

        Stop();
        Start();
        await stack.SendAsync(A.Event("4", anonymousId: "b"), A.Event("5", userId: "u", anonymousId: "b"), A.Event("6", anonymousId: "a"));
        var records = await stack.ReadAsync(identified: 6);

        Assert.Equal(["linked", "linked", "limit"], (await stack.DecisionsAsync()).Select(decision => decision.kind));
        Assert.All(records.OfType<IdentifiedEvent>().Where(identified => identified.validated.envelope.messageId is not "3"), identified => Assert.Equal(A.ProfileIds.Implied(A.User("u")), identified.profileId));
        Assert.Equal(["2", "3", "4", "5"], records.OfType<IdentifiedEvent>().Select(identified => identified.validated.envelope).Where(envelope => envelope.anonymousId == "b").Select(envelope => envelope.messageId).Order());
        await ServiceStack.EventuallyAsync(async () => (await stack.Store.RootsAsync([A.Anonymous("a"), A.Anonymous("b")])).Count == 2 && (await stack.Store.AppliedAsync())?.Sequence == 3, "Redis has all decisions again");
        Assert.Equal(2, (await stack.Store.DecisionsAsync(A.ProfileIds.Implied(A.User("u")))).Count);
    }

    public void Dispose()
    {
        Stop();
        _directory.Delete(recursive: true);
    }

    private void Start() => _server = Process.Start(new ProcessStartInfo(
        "redis-server", ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--dbfilename", "saved.rdb", "--dir", _directory.FullName, "--logfile", "redis.log"]))!;

    private void Stop()
    {
        if (_server is null) return;
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        _server = null;
    }
}
