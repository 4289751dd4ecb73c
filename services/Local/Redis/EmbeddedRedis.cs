using System.Diagnostics;
using System.Globalization;
using System.Net;
using Garnet;
using Microsoft.Extensions.Logging;

namespace Cdp.Local.Redis;

/// <summary>A Redis-compatible server in this process (Microsoft Garnet) that keeps its data on disk.</summary>
public sealed class EmbeddedRedis : IDisposable
{
    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, string endpoint)
    {
        _server = server;
        Endpoint = endpoint;
    }

    /// <summary>host:port, as a client's configuration names it.</summary>
    public string Endpoint { get; }

    /// <summary>Starts the server on what is in <paramref name="directory"/>, or empty where there is nothing.</summary>
    public static EmbeddedRedis Start(string directory, IPAddress host, int port, ILoggerFactory loggers)
    {
        Directory.CreateDirectory(directory);
        if (port == 0) port = Ports.Free(host);
        var before = Trace.Listeners.Cast<TraceListener>().ToList();
        var server = new GarnetServer(
            [
                "--bind", host.ToString(), "--port", port.ToString(CultureInfo.InvariantCulture), "-q",
                "--lua",
                // A write is answered once it is in the append-only file, so that what was acknowledged survives a kill -9.
                "--aof", "--aof-commit-wait", "--recover",
                // The file is cut back by a checkpoint before it grows so large that reading it delays the start.
                "--aof-size-limit", "64m", "--aof-segment-size", "32m", "--aof-page-size", "16m", "--aof-memory", "32m",
                // Beyond the memory the oldest keys go to disk; without the storage tier they would be forgotten.
                "--memory", "256m", "--page", "4m", "--index", "16m", "--storage-tier", "--logdir", directory, "--checkpointdir", directory,
                // The default device needs a newer glibc than Debian 12 has and ends the process at the first write.
                "--device-type", "RandomAccess",
            ],
            loggers);
        // Garnet adds a listener that prints every trace message of the process to the console.
        foreach (var added in Trace.Listeners.Cast<TraceListener>().Except(before).ToList()) Trace.Listeners.Remove(added);
        server.Start();
        return new EmbeddedRedis(server, new IPEndPoint(host, port).ToString());
    }

    public void Dispose() => _server.Dispose();
}
