using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cdp.Chaos.Processes;
using StackExchange.Redis;

namespace Cdp.Chaos.Faults;

/// <summary>Makes a real Redis answer with errors, as when it is full, demoted, cut off from its master, paused or starting.</summary>
public static class RedisErrors
{
    private const string Full = "OOM", Demoted = "READONLY", MasterDown = "MASTERDOWN", Paused = "PAUSE", Starting = "LOADING";

    private static readonly TimeSpan LoadBound = TimeSpan.FromSeconds(60);

    public static readonly IReadOnlyList<string> All = [Full, Demoted, MasterDown, Paused, Starting];

    /// <summary>Makes Redis answer with the error for a while.</summary>
    public static async Task InjectAsync(string error, ManagedProcess process, string endpoint, TimeSpan duration, CancellationToken stopping)
    {
        if (error == Starting)
        {
            await LoadAsync(process, endpoint, duration, stopping);
            return;
        }
        string[][] begin = error switch
        {
            Full => [["CONFIG", "SET", "maxmemory", "1"]],
            Demoted => [["REPLICAOF", "127.0.0.1", "1"]],
            MasterDown => [["CONFIG", "SET", "replica-serve-stale-data", "no"], ["REPLICAOF", "127.0.0.1", "1"]],
            Paused => [["CLIENT", "PAUSE", ((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), "ALL"]],
            _ => throw new ArgumentOutOfRangeException(nameof(error), error, null),
        };
        string[][] end = error switch
        {
            Full => [["CONFIG", "SET", "maxmemory", "0"]],
            Paused => [],
            _ => [["REPLICAOF", "NO", "ONE"], ["CONFIG", "SET", "replica-serve-stale-data", "yes"]],
        };
        await ExecuteAsync(endpoint, begin);
        await Task.Delay(duration, stopping);
        await ExecuteAsync(endpoint, end);
    }

    // Redis answers LOADING while it reads its file, which is prolonged by a delay after each command in the file. The file may contain many times more
    // commands than there are keys, and a sleep takes longer than asked for, so the delay is removed when the error has lasted long enough.
    private static async Task LoadAsync(ManagedProcess process, string endpoint, TimeSpan duration, CancellationToken stopping)
    {
        long keys;
        await using (var redis = await ConnectAsync(endpoint)) keys = Math.Max(1, (long)await redis.GetDatabase().ExecuteAsync("DBSIZE"));
        process.Kill();
        var delay = Math.Clamp((long)(duration.TotalMicroseconds / keys), 1, 10_000);
        process.Start(["--key-load-delay", delay.ToString(CultureInfo.InvariantCulture)]);
        await Task.Delay(duration, stopping);
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < LoadBound)
        {
            try
            {
                await EndLoadDelayAsync(endpoint, stopping);
                await ExecuteAsync(endpoint, [["PING"]]);
                return;
            }
            catch (Exception exception) when (exception is RedisException or SocketException or IOException)
            {
                // Redis is still loading.
                await Task.Delay(100, stopping);
            }
        }
        throw new TimeoutException($"Redis did not finish loading its file within {LoadBound.TotalSeconds:0} s");
    }

    // Redis accepts CONFIG while it loads, but not all commands that a client library sends when it connects.
    private static async Task EndLoadDelayAsync(string endpoint, CancellationToken stopping)
    {
        var address = IPEndPoint.Parse(endpoint);
        using var client = new TcpClient();
        await client.ConnectAsync(address, stopping);
        await using var stream = client.GetStream();
        await stream.WriteAsync("CONFIG SET key-load-delay 0\r\n"u8.ToArray(), stopping);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadLineAsync(stopping);
        if (answer != "+OK") throw new IOException($"Redis answered CONFIG SET with '{answer}'");
    }

    private static async Task ExecuteAsync(string endpoint, IEnumerable<string[]> commands)
    {
        await using var redis = await ConnectAsync(endpoint);
        var server = redis.GetServer(endpoint);
        foreach (var command in commands) await server.ExecuteAsync(command[0], command[1..].Cast<object>().ToArray());
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(string endpoint) =>
        ConnectionMultiplexer.ConnectAsync($"{endpoint},allowAdmin=true,connectTimeout=2000,tiebreaker=");
}
