using System.Globalization;
using System.Net;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Chaos.Processes;

/// <summary>A Redis Cluster of six processes on loopback: three masters with one replica each.</summary>
public sealed class RedisCluster
{
    /// <summary>The kind of its processes.</summary>
    public const string Kind = "redis-node";

    private const int Shards = 3, Slots = 16_384;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly List<(ManagedProcess Process, int Port)> _nodes = [];

    /// <param name="server">The path of redis-server.</param>
    /// <param name="folder">The folder for the data of all nodes.</param>
    /// <param name="log">The path of a node's log, by its name.</param>
    public RedisCluster(string server, string folder, Func<string, string> log)
    {
        for (var i = 1; i <= 2 * Shards; i++)
        {
            var (name, port) = ($"redis-{i}", FreePort.FindForRestarts());
            var data = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            string[] arguments =
            [
                "--bind", "127.0.0.1", "--port", $"{port}", "--cluster-enabled", "yes", "--cluster-port", $"{FreePort.FindForRestarts()}",
                "--cluster-node-timeout", "3000", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--dir", data,
            ];
            _nodes.Add((new ManagedProcess(Kind, name, server, arguments, log(name)), port));
        }
    }

    public IReadOnlyList<ManagedProcess> Processes => [.. _nodes.Select(node => node.Process)];

    public string Endpoint => string.Join(',', _nodes.Select(node => $"127.0.0.1:{node.Port}"));

    /// <summary>Forms a cluster of the started processes.</summary>
    public async Task FormAsync(CancellationToken stopping = default)
    {
        foreach (var (_, port) in _nodes)
        {
            await Wait.UntilAsync(async () => await TryAsync(port, "PING") is not null, Bound, $"Redis answers on {port}", stopping);
        }
        for (var shard = 0; shard < Shards; shard++)
        {
            await ExecuteAsync(_nodes[shard].Port, "CLUSTER", "ADDSLOTSRANGE", $"{Slots * shard / Shards}", $"{Slots * (shard + 1) / Shards - 1}");
        }
        foreach (var (_, port) in _nodes.Skip(1)) await ExecuteAsync(port, "CLUSTER", "MEET", "127.0.0.1", $"{_nodes[0].Port}", await BusAsync(_nodes[0].Port));
        await Wait.UntilAsync(AreAllConnectedAsync, Bound, "all nodes know each other", stopping);
        for (var shard = 0; shard < Shards; shard++)
        {
            var master = (await ExecuteAsync(_nodes[shard].Port, "CLUSTER", "MYID"))!;
            await ExecuteAsync(_nodes[Shards + shard].Port, "CLUSTER", "REPLICATE", master);
        }
        await AwaitHealthyAsync(stopping);
    }

    /// <summary>
    /// Lets the replica of a shard take over without its master's last writes: kills the replica, later the master, and restarts the replica as the master.
    /// </summary>
    /// <returns>The number of bytes in the master's replication stream that the replica lacks.</returns>
    public async Task<long> FailOverAsync(Random random, TimeSpan lost, CancellationToken stopping)
    {
        await AwaitHealthyAsync(stopping);
        var pairs = await PairsAsync();
        var (master, replica) = pairs[random.Next(pairs.Count)];
        var kept = await OffsetAsync(replica.Port);
        replica.Process.Kill();
        await Task.Delay(lost, stopping);
        var written = await OffsetAsync(master.Port);
        master.Process.Kill();
        replica.Process.Start();
        await Wait.UntilAsync(async () => await TryAsync(replica.Port, "PING") is not null, Bound, "the replica has loaded its file", stopping);
        await ExecuteAsync(replica.Port, "CLUSTER", "FAILOVER", "TAKEOVER");
        master.Process.Start();
        await AwaitHealthyAsync(stopping);
        return written - kept;
    }

    private async Task<bool> AreAllConnectedAsync()
    {
        var views = await Task.WhenAll(_nodes.Select(node => TryAsync(node.Port, "CLUSTER", "NODES")));
        return views.All(view => view?.Split('\n').Count(line => line.Contains("connected", StringComparison.Ordinal)) == _nodes.Count);
    }

    private Task AwaitHealthyAsync(CancellationToken stopping) => Wait.UntilAsync(async () =>
    {
        foreach (var (_, port) in _nodes)
        {
            if (await TryAsync(port, "CLUSTER", "INFO") is not { } info || !info.Contains("cluster_state:ok", StringComparison.Ordinal)) return false;
            if (await TryAsync(port, "INFO", "replication") is not { } replication) return false;
            if (!replication.Contains("role:master", StringComparison.Ordinal) && !replication.Contains("master_link_status:up", StringComparison.Ordinal))
            {
                return false;
            }
        }
        return (await PairsAsync()).Count == Shards;
    }, Bound, "the Redis Cluster is healthy", stopping);

    private async Task<List<((ManagedProcess Process, int Port) Master, (ManagedProcess Process, int Port) Replica)>> PairsAsync()
    {
        var pairs = new List<((ManagedProcess, int), (ManagedProcess, int))>();
        foreach (var node in _nodes)
        {
            var lines = Lines(await TryAsync(node.Port, "INFO", "replication"));
            if (lines.GetValueOrDefault("role") != "slave" || !int.TryParse(lines.GetValueOrDefault("master_port"), out var port)) continue;
            pairs.Add((_nodes.Single(master => master.Port == port), node));
        }
        return pairs;
    }

    // For a replica, how far it has read its master's stream.
    private static async Task<long> OffsetAsync(int port) =>
        long.Parse(Lines(await ExecuteAsync(port, "INFO", "replication"))["master_repl_offset"], CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Lines(string? info) =>
        (info ?? "").Split("\r\n").Select(line => line.Split(':', 2)).Where(line => line.Length == 2).ToDictionary(line => line[0], line => line[1]);

    private static async Task<string> BusAsync(int port)
    {
        var myself = (await ExecuteAsync(port, "CLUSTER", "NODES"))!.Split('\n').Single(line => line.Contains("myself", StringComparison.Ordinal));
        var address = myself.Split(' ')[1];
        return address[(address.IndexOf('@') + 1)..].Split(',')[0];
    }

    private static async Task<string?> TryAsync(int port, string command, params string[] arguments)
    {
        try
        {
            return await ExecuteAsync(port, command, arguments);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return null;
        }
    }

    private static async Task<string?> ExecuteAsync(int port, string command, params string[] arguments)
    {
        var configuration = new ConfigurationOptions
        {
            EndPoints = { new IPEndPoint(IPAddress.Loopback, port) },
            AllowAdmin = true,
            ConnectTimeout = 1_000,
            AbortOnConnectFail = true,
            TieBreaker = "",
        };
        await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        var result = await redis.GetServer(IPAddress.Loopback.ToString(), port).ExecuteAsync(command, arguments.Cast<object>().ToArray());
        return Convert.ToString(result, CultureInfo.InvariantCulture);
    }
}
