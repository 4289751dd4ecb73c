using System.Net;
using Cdp.LocalRedis;
using Cdp.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>
/// The servers that the service must work with: Garnet in the test's process, and an installed redis-server. Each is started when first needed.
/// </summary>
public sealed class RedisServers : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cdp-identity-").FullName;
    private readonly SemaphoreSlim _mutex = new(1);
    private readonly Dictionary<string, IConnectionMultiplexer> _connections = [];
    private EmbeddedRedis? _garnet;
    private RedisServer? _redis;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A connection to "garnet" or "redis".</summary>
    public async Task<IConnectionMultiplexer> ConnectAsync(string server)
    {
        await _mutex.WaitAsync();
        try
        {
            if (_connections.TryGetValue(server, out var connection)) return connection;
            return _connections[server] = await (server == "garnet" ? ConnectGarnetAsync() : ConnectRedisAsync());
        }
        finally
        {
            _mutex.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values) await connection.DisposeAsync();
        _garnet?.Dispose();
        if (_redis is not null) await _redis.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        _mutex.Dispose();
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
