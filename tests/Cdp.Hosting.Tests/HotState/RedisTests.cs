using Cdp.Hosting.HotState;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Hosting.Tests.HotState;

/// <summary>A Redis that answers with errors is an outage, just like a Redis that does not answer.</summary>
[Trait("tier", "integration")]
public sealed class RedisTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private ConnectionMultiplexer _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _admin = await _server.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("OOM", "CONFIG", "SET", "maxmemory", "1")]
    [InlineData("NOREPLICAS", "CONFIG", "SET", "min-replicas-to-write", "3")]
    [InlineData("NOPERM", "ACL", "SETUSER", "default", "-set")]
    public async Task Write_RedisAnswersAnError_IsAnOutage(string error, params string[] commands)
    {
        await _admin.GetDatabase().ExecuteAsync(commands[0], [.. commands[1..]]);
        var e = await Assert.ThrowsAnyAsync<RedisException>(() => _admin.GetDatabase().StringSetAsync("k", "v"));
        Assert.Contains(error, e.Message, StringComparison.Ordinal);
        Assert.True(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }

    [Fact]
    public async Task Script_RedisAnswersAnError_IsAnOutage()
    {
        await _admin.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        var e = await Assert.ThrowsAnyAsync<RedisException>(() => _admin.GetDatabase().ScriptEvaluateAsync("return redis.call('SET', KEYS[1], '1')", ["k"]));
        Assert.True(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }

    [Fact]
    public async Task Write_ToAReplica_IsAnOutage()
    {
        await _admin.GetDatabase().ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        var e = await Assert.ThrowsAnyAsync<Exception>(() => _admin.GetDatabase().ExecuteAsync("SET", "k", "v"));
        Assert.True(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }

    [Fact]
    public async Task Connect_PasswordMissing_IsAnOutage()
    {
        await _admin.GetDatabase().ExecuteAsync("CONFIG", "SET", "requirepass", "secret");
        await using var other = await ConnectionMultiplexer.ConnectAsync($"{_server.Endpoint},abortConnect=false");
        var e = await Assert.ThrowsAnyAsync<Exception>(() => other.GetDatabase().StringSetAsync("k", "v"));
        Assert.True(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }

    [Fact]
    public async Task Command_TheClientRefusesToSendIt_IsAnOutage()
    {
        await using var other = await ConnectionMultiplexer.ConnectAsync(_server.Endpoint);
        var e = await Assert.ThrowsAsync<RedisCommandException>(() => other.GetServers()[0].FlushDatabaseAsync());
        Assert.True(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }

    [Fact]
    public async Task Write_RedisKilled_IsAnOutage()
    {
        _server.Kill();
        var e = await Assert.ThrowsAnyAsync<Exception>(() => _admin.GetDatabase().StringSetAsync("k", "v"));
        Assert.True(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }

    [Fact]
    public async Task Write_ConnectionDisposed_IsNotAnOutage()
    {
        var other = await _server.ConnectAsync();
        await other.DisposeAsync();
        var e = await Assert.ThrowsAnyAsync<Exception>(() => other.GetDatabase().StringSetAsync("k", "v"));
        Assert.False(Redis.IsOutage(e), $"{e.GetType()}: {e.Message}");
    }
}
