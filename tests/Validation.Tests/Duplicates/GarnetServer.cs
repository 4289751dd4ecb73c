using System.Net;
using Cdp.LocalRedis;
using Cdp.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Validation.Tests.Duplicates;

/// <summary>The embedded Redis of Local on a free port, for the tests of one class.</summary>
public sealed class GarnetServer : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("garnet");
    private EmbeddedRedis? _server;

    public IConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server = EmbeddedRedis.Start(_folder.FullName, IPAddress.Loopback, FreePort.Find(), NullLoggerFactory.Instance);
        Connection = await ConnectionMultiplexer.ConnectAsync(_server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _server!.Dispose();
        _folder.Delete(recursive: true);
    }
}
