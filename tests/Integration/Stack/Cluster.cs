using Cdp.Hosting;
using Cdp.Ingestion.Sources;
using Cdp.Streaming;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using StackExchange.Redis;

namespace Cdp.Integration.Stack;

/// <summary>One test's part of the stack, and the services it starts there. Stopped and removed with it.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private readonly List<RunningService> _services = [];
    private readonly List<ServiceProcess> _processes = [];
    private readonly string _config = Directory.CreateTempSubdirectory("cdp-it-config-").FullName;

    internal Cluster(string kafka, string registry, string redis, string prefix)
    {
        Prefix = prefix;
        Kafka = new KafkaOptions { BootstrapServers = kafka, SchemaRegistry = registry, TopicPrefix = prefix, Partitions = 4 };
        Redis = new RedisOptions { Endpoint = redis, KeyPrefix = prefix };
        Directory.CreateDirectory(TrackingPlans);
        Directory.CreateDirectory(Destinations);
        Directory.CreateDirectory(Sources);
    }

    /// <summary>What the APIs of the services are asked with.</summary>
    public const string Token = "integration-token";

    /// <summary>What the names of topics, groups and keys begin with.</summary>
    public string Prefix { get; }

    public KafkaOptions Kafka { get; }

    public RedisOptions Redis { get; }

    /// <summary>Folders for the configuration files of the services; to be filled before they start.</summary>
    public string TrackingPlans => Path.Combine(_config, "tracking-plans");

    public string Destinations => Path.Combine(_config, "destinations");

    public string Sources => Path.Combine(_config, "sources");

    /// <summary>Adds a source.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="writeKey">Its key.</param>
    /// <param name="rest">Further lines of its file; the type, at least.</param>
    public void AddSource(string id, string writeKey, string rest = "type: server") =>
        File.WriteAllText(Path.Combine(Sources, $"{id}.yaml"), $"id: {id}\nwrite_keys: {WriteKeys.Hash(writeKey)}\n{rest}\n");

    /// <summary>Starts a service as its own process would, on a free port, and waits until it is ready.</summary>
    /// <param name="service">What to start.</param>
    /// <param name="instance">Tells instances of one service apart.</param>
    /// <param name="settings">Laid over what the cluster sets.</param>
    public async Task<RunningService> StartAsync(ServiceDefinition service, string instance = "1", IReadOnlyDictionary<string, string?>? settings = null)
    {
        var app = CdpHost.Build(service, [], builder =>
        {
            builder.Configuration.AddInMemoryCollection(Settings(instance)).AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        });
        var running = new RunningService(service.Name, app);
        _services.Add(running);
        await app.StartAsync();
        await running.UntilReadyAsync();
        return running;
    }

    /// <summary>A service as a process of its own, not started yet. Killed, if it is still there, with the cluster.</summary>
    /// <param name="program">Ingestion, Validation, Identity, Profiles or Fanout.</param>
    /// <param name="settings">Laid over what the cluster sets.</param>
    public ServiceProcess Process(string program, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var port = ServiceProcess.FreePort();
        var all = Settings("1").Concat(settings ?? new Dictionary<string, string?>()).Append(new("Port", $"{port}"));
        var process = new ServiceProcess(program, [.. all.Select(setting => $"--{setting.Key}={setting.Value}")]) { Url = new Uri($"http://127.0.0.1:{port}") };
        _processes.Add(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes) await process.DisposeAsync();
        await Task.WhenAll(_services.Select(service => service.StopAsync()));
        await DeleteTopicsAsync();
        await DeleteKeysAsync();
        Directory.Delete(_config, recursive: true);
    }

    private Dictionary<string, string?> Settings(string instance) => new()
    {
        ["Kafka:BootstrapServers"] = Kafka.BootstrapServers,
        ["Kafka:SchemaRegistry"] = Kafka.SchemaRegistry,
        ["Kafka:TopicPrefix"] = Kafka.TopicPrefix,
        ["Kafka:Partitions"] = $"{Kafka.Partitions}",
        ["Kafka:InstanceId"] = instance,
        ["Redis:Endpoint"] = Redis.Endpoint,
        ["Redis:KeyPrefix"] = Redis.KeyPrefix,
        ["ProfileIds:Key"] = "integration",
        ["Api:Tokens:0"] = ApiTokens.Hash(Token),
        ["TrackingPlans"] = TrackingPlans,
        ["Destinations"] = Destinations,
        ["Sources:0"] = Sources,
    };

    private async Task DeleteTopicsAsync()
    {
        using var admin = new AdminClientBuilder(Kafka.Admin()).Build();
        var topics = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
        if (topics.Count > 0) await admin.DeleteTopicsAsync(topics, new DeleteTopicsOptions { OperationTimeout = TimeSpan.FromSeconds(10) });
    }

    private async Task DeleteKeysAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Redis.Endpoint);
        foreach (var server in redis.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: Prefix + "*")) await redis.GetDatabase().KeyDeleteAsync(key);
        }
    }
}
