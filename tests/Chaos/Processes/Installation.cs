using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Settings;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Chaos.Processes;

/// <summary>The installation under test: its processes, endpoints and files.</summary>
public sealed class Installation : IAsyncDisposable
{
    /// <summary>Authorizes requests to the APIs of identity and profiles.</summary>
    public const string Token = "chaos";

    private const string ProfileIdKey = "chaos-profile-id-key";

    private static readonly string[] Consumers = ["Validation", "Identity", "Profiles", "Fanout"];
    private static readonly TimeSpan StartBound = TimeSpan.FromMinutes(4);

    private readonly ChaosOptions _options;
    private readonly List<ManagedProcess> _processes = [];
    private readonly List<string> _exits = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<ManagedProcess, Uri> _urls = [];
    // Management ports, by the port of the service's API.
    private readonly ConcurrentDictionary<int, int> _managementPorts = [];
    private int _added;

    private Installation(ChaosOptions options, string folder, KafkaOptions kafka, string redis, RegistryProxy registry, RedisCluster? cluster)
    {
        (_options, Folder, Kafka, RedisEndpoint, Registry, Cluster) = (options, folder, kafka, redis, registry, cluster);
        Ingestions = [];
    }

    /// <summary>The folder for data, configuration and logs.</summary>
    public string Folder { get; }

    /// <summary>Connects directly to the registry, not through the proxy.</summary>
    public KafkaOptions Kafka { get; }

    /// <summary>The proxy through which the services reach the registry.</summary>
    public RegistryProxy Registry { get; }

    /// <summary>Null if Redis is a single process.</summary>
    public RedisCluster? Cluster { get; }

    public string RedisEndpoint { get; }

    public string KeyPrefix => Kafka.TopicPrefix;

    public ProfileIds ProfileIds { get; } = new(ProfileIdKey);

    /// <summary>The URLs that events are sent to.</summary>
    public IReadOnlyList<Uri> Ingestions { get; private set; }

    /// <summary>All running processes, in the order in which they were started.</summary>
    public IReadOnlyList<ManagedProcess> Processes
    {
        get
        {
            lock (_processes) return [.. _processes];
        }
    }

    /// <summary>Processes that exited unexpectedly, each with its exit code. They were restarted, as a platform would do.</summary>
    public IReadOnlyList<string> Exits
    {
        get
        {
            lock (_exits) return [.. _exits];
        }
    }

    /// <param name="options">The options of the run.</param>
    /// <param name="destinations">The destinations, each with the YAML of its URL and settings.</param>
    public static async Task<Installation> StartAsync(ChaosOptions options, IEnumerable<(string Id, string Yaml)> destinations)
    {
        var folder = Directory.CreateTempSubdirectory("cdp-chaos-").FullName;
        foreach (var name in new[] { "sources", "destinations", "plans", "data", "redis", "logs" }) Directory.CreateDirectory(Path.Combine(folder, name));
        await WriteSourceAsync(folder, Sources.Shop, "server");
        await WriteSourceAsync(folder, Sources.Web, "web");
        foreach (var (id, yaml) in destinations)
        {
            var file = $"id: {id}\ntype: webhook\nallow_private: true\nconcurrency: 16\n{yaml}";
            await File.WriteAllTextAsync(Path.Combine(folder, $"destinations/{id}.yaml"), file);
        }
        await File.WriteAllTextAsync(
            Path.Combine(folder, "identity.yaml"), $"caps: {{ merges: {Rules.Tested.MaxMerges}, identifiers: {Rules.Tested.MaxIdentifiers} }}\n");

        var (kafkaPort, registryPort, redisPort) = (FreePort.FindForRestarts(), FreePort.FindForRestarts(), FreePort.FindForRestarts());
        var cluster = options.HasRedisCluster ? new RedisCluster(ChaosOptions.RedisServer!, Path.Combine(folder, "redis"), name => Log(folder, name)) : null;
        var (bootstrap, registry, redis) = options.Cluster ?? (
            $"127.0.0.1:{kafkaPort}", $"http://127.0.0.1:{registryPort}", cluster?.Endpoint ?? $"127.0.0.1:{redisPort}");
        var kafka = new KafkaOptions
        {
            BootstrapServers = bootstrap,
            SchemaRegistry = registry,
            TopicPrefix = $"chaos-{Guid.NewGuid().ToString("N")[..8]}.",
            Partitions = 4,
            InstanceId = "chaos",
        };
        var installation = new Installation(options, folder, kafka, redis, await RegistryProxy.StartAsync(registry), cluster);
        try
        {
            if (options.Cluster is null) await installation.StartInfraAsync(kafkaPort, registryPort, redisPort);
            await installation.StartServicesAsync();
            return installation;
        }
        catch
        {
            await installation.DisposeAsync();
            throw;
        }
    }

    /// <summary>The URL of a random instance of a service.</summary>
    public Uri AnyUrl(string kind)
    {
        ManagedProcess[] processes = [.. Processes.Where(process => process.Kind == kind)];
        return _urls[processes[Random.Shared.Next(processes.Length)]];
    }

    /// <summary>The command line of a service's program run as an operator command.</summary>
    public IReadOnlyList<string> Arguments(string service, IEnumerable<string> more) =>
        [.. Arguments(service, $"{service.ToLowerInvariant()}-command", FreePort.FindForRestarts()), .. more];

    /// <summary>Replaces a killed instance with one under a name that was never used.</summary>
    public ManagedProcess Replace(ManagedProcess process)
    {
        // At the same address, as behind a load balancer.
        var (replacement, url) = Service(ServiceOf(process.Kind), $"{process.Kind}-{++_added + 2}", _urls[process].Port);
        lock (_processes) _processes[_processes.IndexOf(process)] = replacement;
        _urls[replacement] = url;
        replacement.Start();
        return replacement;
    }

    /// <summary>Starts one more instance of a consuming service.</summary>
    public ManagedProcess Add(string kind)
    {
        var (process, url) = Service(ServiceOf(kind), $"{kind}-{++_added + 2}");
        process.Start();
        _urls[process] = url;
        lock (_processes) _processes.Add(process);
        return process;
    }

    /// <summary>
    /// Stops restarting an instance that was added, so that the caller can terminate it. Waits until it is live: before that, SIGTERM would end it without a
    /// clean shutdown.
    /// </summary>
    public async Task ReleaseAsync(ManagedProcess process)
    {
        await Wait.UntilAsync(() => Wait.IsOkAsync(Management(_urls[process], "/health/live")), StartBound, $"{process.Name} is live");
        lock (_processes) _processes.Remove(process);
    }

    /// <summary>The value of a metric of a process, summed over the label sets that contain a string; 0 if the process does not answer.</summary>
    public async Task<double> MetricAsync(ManagedProcess process, string name, string label) =>
        await Wait.ReadAsync(Management(_urls[process], "/metrics")) is { } text ? MetricsText.Sum(text, name, label) : 0;

    /// <summary>The generation of profiles in Redis that is in use.</summary>
    public async Task<int> ProfileGenerationAsync(IDatabase redis) =>
        (string?)await redis.StringGetAsync(new HotStateKeys(KeyPrefix).Generations) is { } text
            ? int.Parse(text[..text.IndexOf(' ')], CultureInfo.InvariantCulture)
            : 0;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (var process in Processes.Reverse()) process.Kill();
        if (_options.Cluster is not null) await CleanAsync();
        await Registry.DisposeAsync();
        if (_options.KeepsData) Console.WriteLine($"data and logs kept in {Folder}");
        else Directory.Delete(Folder, recursive: true);
        _closing.Dispose();
    }

    private async Task StartInfraAsync(int kafkaPort, int registryPort, int redisPort)
    {
        // A real Redis where it is installed: when killed, it may come back without its last second. Otherwise the embedded one, which dies with the broker.
        var embeddedRedisPort = ChaosOptions.RedisServer is null ? redisPort : FreePort.FindForRestarts();
        if (Cluster is not null) _processes.AddRange(Cluster.Processes);
        else if (ChaosOptions.RedisServer is { } server)
        {
            string[] redis =
            [
                "--bind", "127.0.0.1", "--port", $"{redisPort}", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
                "--auto-aof-rewrite-percentage", "0", "--dir", $"{Folder}/redis",
            ];
            _processes.Add(new ManagedProcess("redis", "redis", server, redis, Log("redis")));
        }
        string[] arguments =
        [
            "--infra", "--data", $"{Folder}/data", "--kafka-port", $"{kafkaPort}", "--registry-port", $"{registryPort}", "--redis-port", $"{embeddedRedisPort}",
        ];
        _processes.Add(new ManagedProcess("broker", "broker", "dotnet", [Library("Local"), .. arguments], Log("broker")));
        foreach (var process in _processes) process.Start();
        await Wait.UntilAsync(() => Wait.IsOkAsync(new Uri($"http://127.0.0.1:{registryPort}/subjects")), StartBound, "the broker and the registry answer");
        if (Cluster is not null) await Cluster.FormAsync();
    }

    private async Task StartServicesAsync()
    {
        (ManagedProcess Process, Uri Url)[] ingestions = [Service("Ingestion", "ingestion-1"), Service("Ingestion", "ingestion-2")];
        Ingestions = [.. ingestions.Select(ingestion => ingestion.Url)];
        var consumers = Consumers.SelectMany(service => new[] { 1, 2 }.Select(number => Service(service, $"{service.ToLowerInvariant()}-{number}")));
        (ManagedProcess Process, Uri Url)[] all = [.. ingestions, .. consumers];
        foreach (var (process, url) in all)
        {
            process.Start();
            _urls[process] = url;
            lock (_processes) _processes.Add(process);
        }
        foreach (var (process, url) in all) await Wait.UntilAsync(() => IsReadyAsync(process, url), StartBound, $"{process.Name} is ready");
        _ = RestartAsync();
    }

    private Task<bool> IsReadyAsync(ManagedProcess process, Uri url)
    {
        if (process.UnexpectedExitCode is { } code) throw new InvalidOperationException($"{process.Name} exited with {code}:\n{Tail(process.Name)}");
        return Wait.IsOkAsync(Management(url, "/health/ready"));
    }

    /// <summary>Restarts whatever exits unexpectedly, as a platform does.</summary>
    private async Task RestartAsync()
    {
        try
        {
            while (true)
            {
                foreach (var process in Processes)
                {
                    if (process.UnexpectedExitCode is not { } code) continue;
                    lock (_exits) _exits.Add($"{process.Name} {code}");
                    process.Kill();
                    process.Start();
                }
                await Task.Delay(200, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private (ManagedProcess Process, Uri Url) Service(string service, string name, int? port = null)
    {
        var at = port ?? FreePort.FindForRestarts();
        return (new ManagedProcess(service.ToLowerInvariant(), name, "dotnet", Arguments(service, name, at), Log(name)), new Uri($"http://127.0.0.1:{at}"));
    }

    private Uri Management(Uri url, string path) => new($"http://127.0.0.1:{_managementPorts[url.Port]}{path}");

    private IReadOnlyList<string> Arguments(string service, string name, int port) =>
    [
        Library(service),
        $"--Port={port}",
        $"--Management:Port={_managementPorts.GetOrAdd(port, _ => FreePort.FindForRestarts())}",
        $"--Kafka:BootstrapServers={Kafka.BootstrapServers}",
        $"--Kafka:SchemaRegistry={Registry.Url}",
        $"--Kafka:TopicPrefix={Kafka.TopicPrefix}",
        $"--Kafka:Partitions={Kafka.Partitions}",
        $"--Kafka:InstanceId={name}",
        $"--Redis:Endpoint={RedisEndpoint}",
        $"--Redis:KeyPrefix={KeyPrefix}",
        $"--ProfileIds:Key={ProfileIdKey}",
        $"--Sources:0={Folder}/sources",
        $"--TrackingPlans={Folder}/plans",
        $"--Destinations={Folder}/destinations",
        $"--DuplicateWindow={Rules.Tested.DuplicateWindow}",
        $"--Api:Tokens:0={Sha256(Token)}",
        $"--IdentityConfig={Folder}/identity.yaml",
    ];

    private static Task WriteSourceAsync(string folder, string source, string type) => File.WriteAllTextAsync(
        Path.Combine(folder, $"sources/{source}.yaml"),
        $"id: {source}\ntype: {type}\nwrite_keys: {Sha256(Sources.WriteKey(source))}\nlimits: {{ events_per_second: 1000000 }}\n");

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string ServiceOf(string kind) => char.ToUpperInvariant(kind[0]) + kind[1..];

    private static string Log(string folder, string name) => Path.Combine(folder, "logs", $"{name}.log");

    private string Log(string name) => Log(Folder, name);

    private string Tail(string name) => string.Join('\n', File.ReadLines(Log(name)).TakeLast(20));

    private async Task CleanAsync()
    {
        using var admin = new Confluent.Kafka.AdminClientBuilder(Kafka.Admin()).Build();
        var all = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic);
        var topics = all.Where(name => name.StartsWith(Kafka.TopicPrefix, StringComparison.Ordinal)).ToList();
        if (topics.Count > 0) await admin.DeleteTopicsAsync(topics);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisEndpoint);
        foreach (var server in redis.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: KeyPrefix + "*")) await redis.GetDatabase().KeyDeleteAsync(key);
        }
    }

    private static string Library(string service)
    {
        var root = AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/Chaos/", StringComparison.Ordinal)];
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        return Path.Combine(root, $"services/{service}/bin/{configuration}/net10.0/Cdp.{service}.dll");
    }
}
