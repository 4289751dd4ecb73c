using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Garnet;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalRedis;

/// <summary>A Redis-compatible server in this process (Microsoft Garnet) that keeps its data on disk.</summary>
public sealed class EmbeddedRedis : IDisposable
{
    // Trace listeners belong to the whole process. If a second server adds one while they are enumerated, the enumeration throws.
    private static readonly Lock Listeners = new();

    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, string endpoint)
    {
        _server = server;
        Endpoint = endpoint;
    }

    /// <summary>The address as host:port, as clients are configured with it.</summary>
    public string Endpoint { get; }

    /// <summary>Starts the server with the data that <paramref name="directory"/> holds, if any.</summary>
    /// <param name="directory">The data directory. Created if it does not exist.</param>
    /// <param name="host">The address to listen on.</param>
    /// <param name="port">The port to listen on; 0: any free one.</param>
    /// <param name="loggers">Receives Garnet's log.</param>
    public static EmbeddedRedis Start(string directory, IPAddress host, int port, ILoggerFactory loggers)
    {
        Directory.CreateDirectory(directory);
        if (port == 0) port = FindFreePort(host);
        var server = WithoutTraceOutput(() => new GarnetServer(
            [
                "--bind", host.ToString(), "--port", port.ToString(CultureInfo.InvariantCulture), "-q",
                "--lua",
                // Answer a write only once it is in the append-only file, so that acknowledged writes survive kill -9.
                "--aof", "--aof-commit-wait", "--recover",
                // A checkpoint truncates the file before it grows so large that reading it delays the start.
                "--aof-size-limit", "64m", "--aof-segment-size", "32m", "--aof-page-size", "16m", "--aof-memory", "32m",
                // Beyond the memory limit the oldest keys go to disk. Without the storage tier they would be forgotten.
                "--memory", "256m", "--page", "4m", "--index", "16m", "--storage-tier", "--logdir", directory, "--checkpointdir", directory,
                // The default device needs a newer glibc than Debian 12 has and ends the process at the first write.
                "--device-type", "RandomAccess",
            ],
            loggers));
        server.Start();
        return new EmbeddedRedis(server, new IPEndPoint(host, port).ToString());
    }

    public void Dispose() => _server.Dispose();

    // Garnet cannot report which port it was given, so it is given one that is free now.
    private static int FindFreePort(IPAddress host)
    {
        using var listener = new TcpListener(host, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Garnet's constructor adds a listener that prints every trace message of the process to the console.
    private static GarnetServer WithoutTraceOutput(Func<GarnetServer> create)
    {
        lock (Listeners)
        {
            var before = Trace.Listeners.Cast<TraceListener>().ToList();
            var server = create();
            foreach (var added in Trace.Listeners.Cast<TraceListener>().Except(before).ToList()) Trace.Listeners.Remove(added);
            return server;
        }
    }
}
