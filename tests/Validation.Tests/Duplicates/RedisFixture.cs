using Cdp.Testing;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Validation.Tests.Duplicates;

/// <summary>A redis-server for the tests of one class.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisServer? _server;

    public IConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        Connection = await _server.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await _server!.DisposeAsync();
    }
}
