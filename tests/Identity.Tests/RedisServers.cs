using System.Net;
using Cdp.Local.Redis;
using Cdp.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>Both servers that we must run on, started once for all tests when the first asks: Garnet in process, and Debian's redis-server.</summary>
public sealed class RedisServers : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cdp-identity-").FullName;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, IConnectionMultiplexer> _connections = [];
    private EmbeddedRedis? _garnet;
    private RedisServer? _redis;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A connection to garnet or redis.</summary>
    public async Task<IConnectionMultiplexer> ConnectAsync(string server)
    {
        await _turn.WaitAsync();
        try
        {
            if (_connections.TryGetValue(server, out var connection)) return connection;
            return _connections[server] = await (server == "garnet" ? ConnectGarnetAsync() : ConnectRedisAsync());
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values) await connection.DisposeAsync();
        _garnet?.Dispose();
        if (_redis is not null) await _redis.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        _turn.Dispose();
    }

    private async Task<IConnectionMultiplexer> ConnectGarnetAsync()
    {
        _garnet = EmbeddedRedis.Start(Path.Combine(_directory, "garnet"), IPAddress.Loopback, FreePort.Find(), NullLoggerFactory.Instance);
        return await ConnectionMultiplexer.ConnectAsync(_garnet.Endpoint);
    }

    private async Task<IConnectionMultiplexer> ConnectRedisAsync()
    {
        _redis = await RedisServer.StartAsync();
        return await _redis.ConnectAsync();
    }
}
