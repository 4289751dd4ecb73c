using System.Security.Cryptography;
using System.Text;
using Cdp.Chaos.Oracle;
using Cdp.Contracts;
using Cdp.Streaming;
using StackExchange.Redis;

namespace Cdp.Chaos.Machines;

/// <summary>The installation under test: which processes there are, and where everything is.</summary>
public sealed class Installation : IAsyncDisposable
{
    public const string WriteKey = "chaos-write-key";
    public const string Destination = "hook";
    private const string ProfileIdKey = "chaos-profile-id-key";

    private static readonly string[] Consumers = ["Validation", "Identity", "Profiles"];
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(90);

    private readonly ChaosOptions _options;
    private readonly List<Machine> _machines = [];
    private readonly List<string> _exits = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<Machine, Uri> _urls = [];
    private int _added;

    private Installation(ChaosOptions options, string folder, KafkaOptions kafka, string redis)
    {
        (_options, Folder, Kafka, RedisEndpoint) = (options, folder, kafka, redis);
        Ingestions = [];
    }

    /// <summary>Data, configuration and logs.</summary>
    public string Folder { get; }

    public KafkaOptions Kafka { get; }

    public string RedisEndpoint { get; }

    public string KeyPrefix => Kafka.TopicPrefix;

    public ProfileIds ProfileIds { get; } = new(ProfileIdKey);

    /// <summary>Where events are sent.</summary>
    public IReadOnlyList<Uri> Ingestions { get; private set; }

    /// <summary>Everything that runs, in the order in which it was started.</summary>
    public IReadOnlyList<Machine> Machines
    {
        get
        {
            lock (_machines) return [.. _machines];
        }
    }

    /// <summary>Each process that ended by itself, with its code; it was started again, as a platform does.</summary>
    public IReadOnlyList<string> Exits
    {
        get
        {
            lock (_exits) return [.. _exits];
        }
    }

    public static async Task<Installation> StartAsync(ChaosOptions options, Uri hook)
    {
        var folder = Directory.CreateTempSubdirectory("cdp-chaos-").FullName;
        foreach (var name in new[] { "sources", "destinations", "plans", "data", "redis", "logs" }) Directory.CreateDirectory(Path.Combine(folder, name));
        await File.WriteAllTextAsync(Path.Combine(folder, "sources/shop.yaml"), $"id: shop\ntype: server\nwrite_keys: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(WriteKey)))}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, $"destinations/{Destination}.yaml"), $"id: {Destination}\ntype: webhook\nurl: {hook}\nconcurrency: 16\n");

        await File.WriteAllTextAsync(Path.Combine(folder, "identity.yaml"), $"caps: {{ merges: {Rules.Tested.MostMerges}, identifiers: {Rules.Tested.MostIdentifiers} }}\n");

        var (kafkaPort, registryPort, redisPort) = (Ports.Free(), Ports.Free(), Ports.Free());
        var (bootstrap, registry, redis) = options.Cluster ?? ($"127.0.0.1:{kafkaPort}", $"http://127.0.0.1:{registryPort}", $"127.0.0.1:{redisPort}");
        var prefix = $"chaos-{Guid.NewGuid().ToString("N")[..8]}.";
        var installation = new Installation(options, folder, new KafkaOptions { BootstrapServers = bootstrap, SchemaRegistry = registry, TopicPrefix = prefix, Partitions = 4, InstanceId = "chaos" }, redis);
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

    /// <summary>Starts one more instance of a consuming service.</summary>
    public Machine Add(string service)
    {
        var (machine, url) = Service(service, $"{service.ToLowerInvariant()}-{++_added + 2}");
        machine.Start();
        _urls[machine] = url;
        lock (_machines) _machines.Add(machine);
        return machine;
    }

    /// <summary>Takes an instance that was added out of the care of the platform, once it runs: before that the signal to end would end it at once.</summary>
    public async Task RemoveAsync(Machine machine)
    {
        await Waiting.UntilAsync(() => Health.IsOkAsync(new Uri(_urls[machine], "/health/live")), StartBound, $"{machine.Name} is live");
        lock (_machines) _machines.Remove(machine);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (var machine in Machines.Reverse()) machine.Kill();
        if (_options.Cluster is not null) await CleanAsync();
        if (_options.IsKept) Console.WriteLine($"kept: {Folder}");
        else Directory.Delete(Folder, recursive: true);
        _closing.Dispose();
    }

    private async Task StartInfraAsync(int kafkaPort, int registryPort, int redisPort)
    {
        // Real Redis where it is installed: killed, it may come back without its last second. Else the embedded one, which dies with the broker.
        var server = new[] { "/usr/bin/redis-server", "/usr/local/bin/redis-server" }.FirstOrDefault(File.Exists);
        var embedded = server is null ? redisPort : Ports.Free();
        if (server is not null)
        {
            _machines.Add(new Machine("redis", "redis", server, ["--bind", "127.0.0.1", "--port", $"{redisPort}", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0", "--dir", $"{Folder}/redis"], Log("redis")));
        }
        string[] arguments = ["--infra", "--data", $"{Folder}/data", "--kafka-port", $"{kafkaPort}", "--registry-port", $"{registryPort}", "--redis-port", $"{embedded}"];
        _machines.Add(new Machine("broker", "broker", "dotnet", [Library("Local"), .. arguments], Log("broker")));
        foreach (var machine in _machines) machine.Start();
        await Waiting.UntilAsync(() => Health.IsOkAsync(new Uri($"http://127.0.0.1:{registryPort}/subjects")), StartBound, "the broker and the registry answer");
    }

    private async Task StartServicesAsync()
    {
        (Machine Machine, Uri Url)[] ingestions = [Service("Ingestion", "ingestion-1"), Service("Ingestion", "ingestion-2")];
        Ingestions = [.. ingestions.Select(ingestion => ingestion.Url)];
        (Machine Machine, Uri Url)[] all = [.. ingestions, .. Consumers.SelectMany(service => new[] { 1, 2 }.Select(number => Service(service, $"{service.ToLowerInvariant()}-{number}"))), Service("Fanout", "fanout-1")];
        foreach (var (machine, url) in all)
        {
            machine.Start();
            lock (_machines) _machines.Add(machine);
        }
        foreach (var (machine, url) in all) await Waiting.UntilAsync(() => machine.Ended is { } code ? throw new InvalidOperationException($"{machine.Name} ended with {code}:\n{Tail(machine.Name)}") : Health.IsOkAsync(new Uri(url, "/health/ready")), StartBound, $"{machine.Name} is ready");
        _ = RestartAsync();
    }

    /// <summary>What a platform does: whatever ends by itself is started again.</summary>
    private async Task RestartAsync()
    {
        try
        {
            while (true)
            {
                foreach (var machine in Machines)
                {
                    if (machine.Ended is not { } code) continue;
                    lock (_exits) _exits.Add($"{machine.Name} {code}");
                    machine.Kill();
                    machine.Start();
                }
                await Task.Delay(200, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private (Machine Machine, Uri Url) Service(string service, string name)
    {
        var port = Ports.Free();
        string[] arguments =
        [
            Library(service),
            $"--Port={port}",
            $"--Kafka:BootstrapServers={Kafka.BootstrapServers}",
            $"--Kafka:SchemaRegistry={Kafka.SchemaRegistry}",
            $"--Kafka:TopicPrefix={Kafka.TopicPrefix}",
            $"--Kafka:Partitions={Kafka.Partitions}",
            $"--Kafka:InstanceId={name}",
            $"--Redis:Endpoint={RedisEndpoint}",
            $"--Redis:KeyPrefix={KeyPrefix}",
            $"--ProfileIds:Key={ProfileIdKey}",
            $"--Sources:0={Folder}/sources",
            $"--TrackingPlans={Folder}/plans",
            $"--Destinations={Folder}/destinations",
            // Nobody calls these interfaces, but the services want to know who might.
            $"--Api:Tokens:0={Convert.ToHexStringLower(SHA256.HashData("chaos"u8))}",
            $"--IdentityConfig={Folder}/identity.yaml",
        ];
        return (new Machine(service.ToLowerInvariant(), name, "dotnet", arguments, Log(name)), new Uri($"http://127.0.0.1:{port}"));
    }

    private string Log(string name) => Path.Combine(Folder, "logs", $"{name}.log");

    private string Tail(string name) => string.Join('\n', File.ReadLines(Log(name)).TakeLast(20));

    private async Task CleanAsync()
    {
        using var admin = new Confluent.Kafka.AdminClientBuilder(Kafka.Admin()).Build();
        var topics = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic).Where(name => name.StartsWith(Kafka.TopicPrefix, StringComparison.Ordinal)).ToList();
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
