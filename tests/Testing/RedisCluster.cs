using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Cdp.Testing;

/// <summary>
/// A Redis Cluster of three masters with one replica each, on loopback: six processes of Debian's redis-server. A master can fail before its replica has the
/// last writes. If redis-server is not installed, a test that needs it is skipped; in CI it fails.
/// </summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Masters = 3;
    private const int Slots = 16_384;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly TemporaryDirectory _folder = new();
    private readonly Process?[] _processes = new Process?[2 * Masters];
    private readonly int[] _ports = new int[2 * Masters];

    private RedisCluster() { }

    /// <summary>All nodes as host:port, separated by commas.</summary>
    public string Endpoint => string.Join(',', _ports.Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));

    public static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster();
        var program = Tool.Require("redis-server", "redis-server");
        for (var i = 0; i < cluster._processes.Length; i++) cluster.Start(program, i);
        await cluster.FormAsync();
        return cluster;
    }

    /// <summary>The number of the master that has a key.</summary>
    public async Task<int> MasterOfAsync(string key)
    {
        var slot = (int)(await ExecuteAsync(0, "CLUSTER", "KEYSLOT", key))!;
        return Enumerable.Range(0, Masters).Single(i => slot >= FirstSlot(i) && slot < FirstSlot(i + 1));
    }

    /// <summary>
    /// Kills a master and lets its replica take over. Writes made while <paramref name="unreplicated"/> runs reach only the master, so they are lost although
    /// they were acknowledged.
    /// </summary>
    public async Task FailOverAsync(int master, Func<Task> unreplicated)
    {
        var replica = master + Masters;
        var written = Offset(await ReplicationAsync(master), "master_repl_offset:");
        await UntilAsync(async () => Offset(await ReplicationAsync(master), ",offset=") >= written, "the replica has all earlier writes");
        Signal(replica, "-STOP");
        // Otherwise the replica would still receive the missing writes from the socket's buffer.
        await ExecuteAsync(master, "CLIENT", "KILL", "TYPE", "replica");
        await unreplicated();
        _processes[master]!.Kill();
        await _processes[master]!.WaitForExitAsync();
        Signal(replica, "-CONT");
        await UntilAsync(async () =>
        {
            await ExecuteAsync(replica, "CLUSTER", "FAILOVER", "TAKEOVER");
            return false;
        }, "the replica takes over", untilRefused: true);
        for (var i = 0; i < _processes.Length; i++)
        {
            var node = i;
            if (node != master)
            {
                await UntilAsync(
                    async () => (await InfoAsync(node)).Contains("cluster_state:ok", StringComparison.Ordinal), $"node {node} sees all slots served");
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (process is null) continue;
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static int FirstSlot(int master) => master * Slots / Masters;

    private void Start(string program, int node)
    {
        // Not from the range of outgoing ports: an outgoing connection, for example from the test to another node, could take the port before the node does.
        _ports[node] = FreePort.FindForRestarts();
        var directory = Directory.CreateDirectory(_folder.Combine($"{node}")).FullName;
        string[] options =
        [
            "--bind", "127.0.0.1", "--port", Text(_ports[node]), "--save", "", "--appendonly", "no", "--dir", directory, "--logfile", "redis.log",
            "--cluster-enabled", "yes", "--cluster-port", Text(FreePort.FindForRestarts()), "--cluster-node-timeout", "30000",
            "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
        ];
        _processes[node] = Process.Start(new ProcessStartInfo(program, options))!;
    }

    private async Task FormAsync()
    {
        for (var i = 0; i < _processes.Length; i++)
        {
            var node = i;
            await UntilAsync(async () => (string?)await ExecuteAsync(node, "PING") == "PONG", $"node {node} answers");
            await ExecuteAsync(node, "CLUSTER", "SET-CONFIG-EPOCH", Text(node + 1));
            if (node < Masters) await ExecuteAsync(node, "CLUSTER", "ADDSLOTSRANGE", Text(FirstSlot(node)), Text(FirstSlot(node + 1) - 1));
        }
        for (var i = 1; i < _processes.Length; i++)
        {
            var bus = (string)(await ExecuteAsync(i, "CONFIG", "GET", "cluster-port"))![1]!;
            await ExecuteAsync(0, "CLUSTER", "MEET", "127.0.0.1", Text(_ports[i]), bus);
        }
        for (var i = 0; i < _processes.Length; i++)
        {
            var node = i;
            await UntilAsync(
                async () => (await InfoAsync(node)).Contains($"cluster_known_nodes:{_processes.Length}", StringComparison.Ordinal),
                $"node {node} knows all nodes");
        }
        for (var i = 0; i < Masters; i++)
        {
            var (replica, master) = (i + Masters, (string)(await ExecuteAsync(i, "CLUSTER", "MYID"))!);
            await UntilAsync(async () => (string?)await ExecuteAsync(replica, "CLUSTER", "REPLICATE", master) == "OK", $"node {replica} follows node {i}");
        }
        for (var i = 0; i < _processes.Length; i++)
        {
            var node = i;
            await UntilAsync(async () => (await InfoAsync(node)).Contains("cluster_state:ok", StringComparison.Ordinal), $"node {node} sees all slots served");
            if (node >= Masters)
            {
                await UntilAsync(
                    async () => (await ReplicationAsync(node)).Contains("master_link_status:up", StringComparison.Ordinal), $"node {node} is in sync");
            }
        }
    }

    private async Task<string> ReplicationAsync(int node) => (string)(await ExecuteAsync(node, "INFO", "replication"))!;

    private static long Offset(string info, string before) =>
        info.IndexOf(before, StringComparison.Ordinal) is >= 0 and var at
            ? long.Parse([.. info[(at + before.Length)..].TakeWhile(char.IsAsciiDigit)], CultureInfo.InvariantCulture)
            : -1;

    private async Task<string> InfoAsync(int node) => (string)(await ExecuteAsync(node, "CLUSTER", "INFO"))!;

    // A separate connection, because a cluster connection chooses the node by the cluster's state.
    private async Task<RedisResult> ExecuteAsync(int node, string command, params string[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_ports[node]},allowAdmin=true,connectTimeout=2000"));
        return await connection.GetServer("127.0.0.1", _ports[node]).ExecuteAsync(command, arguments.Cast<object>().ToArray());
    }

    private void Signal(int node, string signal)
    {
        using var kill = Process.Start("kill", [signal, Text(_processes[node]!.Id)]);
        kill.WaitForExit();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what, bool untilRefused = false)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause))
        {
            try
            {
                if (await condition()) return;
            }
            catch (RedisServerException) when (untilRefused)
            {
                // A master refuses to take over from itself.
                return;
            }
            catch (RedisException) when (Stopwatch.GetElapsedTime(started) < Bound)
            {
                // Not yet.
            }
            if (Stopwatch.GetElapsedTime(started) > Bound) throw new TimeoutException($"not true within {Bound}: {what}");
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
