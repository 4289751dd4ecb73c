using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cdp.Local;
using StackExchange.Redis;

namespace Cdp.Integration.Stack;

/// <summary>Which Redis a test runs on. What touches Redis must do the same on both.</summary>
public enum RedisKind
{
    /// <summary>The stack's: Garnet, unless it is an existing cluster's or a container.</summary>
    OfStack,

    /// <summary>redis-server as a process, 7.0 on Debian 12.</summary>
    RedisServer,
}

/// <summary>Debian's redis-server on a free port, without persistence.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly Process _process;

    private RedisServer(Process process, string endpoint)
    {
        _process = process;
        Endpoint = endpoint;
    }

    public string Endpoint { get; }

    public static async Task<RedisServer> StartAsync()
    {
        var program = Tool.Require("redis-server", "redis-server");
        var port = Ports.Free(IPAddress.Loopback).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(program, ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath(), "--logfile", "/dev/null"]);
        var server = new RedisServer(Process.Start(start)!, $"127.0.0.1:{port}");
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await using var redis = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
                return redis.IsConnected;
            }
            catch (RedisConnectionException)
            {
                return false;
            }
        }, "redis-server answers");
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
