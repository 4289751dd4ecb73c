using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cdp.Local.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>Both servers that we must run on, started once for all tests: Garnet in process, and Debian's redis-server.</summary>
public sealed class RedisServers : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cdp-identity-").FullName;
    private readonly Lazy<(EmbeddedRedis Server, ConnectionMultiplexer Connection)> _garnet;
    private readonly Lazy<(Process Server, ConnectionMultiplexer Connection)> _redis;

    public RedisServers()
    {
        _garnet = new(() =>
        {
            var server = EmbeddedRedis.Start(Path.Combine(_directory, "garnet"), IPAddress.Loopback, FreePort(), NullLoggerFactory.Instance);
            return (server, ConnectionMultiplexer.Connect(server.Endpoint));
        });
        _redis = new(() =>
        {
            var port = FreePort();
            var server = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", _directory, "--logfile", "redis.log"]))!;
            return (server, ConnectionMultiplexer.Connect($"127.0.0.1:{port},connectRetry=50,connectTimeout=10000"));
        });
    }

    /// <summary>A connection to garnet or redis; a test whose server is not installed is skipped.</summary>
    public IConnectionMultiplexer Connect(string server)
    {
        if (server == "garnet") return _garnet.Value.Connection;
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server"), "redis-server is not installed");
        return _redis.Value.Connection;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        if (_garnet.IsValueCreated)
        {
            _garnet.Value.Connection.Dispose();
            _garnet.Value.Server.Dispose();
        }
        if (_redis.IsValueCreated)
        {
            _redis.Value.Connection.Dispose();
            _redis.Value.Server.Kill();
            _redis.Value.Server.WaitForExit();
            _redis.Value.Server.Dispose();
        }
        Directory.Delete(_directory, recursive: true);
    }
}
