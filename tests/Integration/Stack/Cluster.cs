using Cdp.Hosting.Api;
using Cdp.Hosting.HotState;
using Cdp.Hosting.Process;
using Cdp.Ingestion.Sources;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Configuration;
using StackExchange.Redis;

namespace Cdp.Integration.Stack;

/// <summary>One test's part of the stack and the services that it starts there. Disposing of it stops the services and deletes topics and keys.</summary>
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

    /// <summary>The token for the APIs of the services.</summary>
    public const string Token = "integration-token";

    /// <summary>The prefix of the names of topics, groups and keys.</summary>
    public string Prefix { get; }

    public KafkaOptions Kafka { get; }

    public RedisOptions Redis { get; }

    /// <summary>The folder for tracking plans. To be filled before the services start, like the other folders.</summary>
    public string TrackingPlans => Path.Combine(_config, "tracking-plans");

    public string Destinations => Path.Combine(_config, "destinations");

    public string Sources => Path.Combine(_config, "sources");

    /// <summary>Adds a source.</summary>
    /// <param name="id">The id of the source.</param>
    /// <param name="writeKey">Its write key.</param>
    /// <param name="rest">The other lines of its file, at least the type.</param>
    public void AddSource(string id, string writeKey, string rest = "type: server") =>
        File.WriteAllText(Path.Combine(Sources, $"{id}.yaml"), $"id: {id}\nwrite_keys: {WriteKeys.Hash(writeKey)}\n{rest}\n");

    /// <summary>Adds a webhook as a destination.</summary>
    public void AddDestination(string id, WebhookReceiver receiver) =>
        File.WriteAllText(
            Path.Combine(Destinations, $"{id}.yaml"),
            $"id: {id}\ntype: webhook\nallow_private: true\nurl: {receiver.Url}\nsecret: {WebhookReceiver.Secret}\n");

    /// <summary>Starts a service in this process, as its Program.cs does, on a free port, and waits until it is ready.</summary>
    /// <param name="service">The service.</param>
    /// <param name="instance">The name of the instance.</param>
    /// <param name="settings">Settings that override those of the cluster.</param>
    public async Task<RunningService> StartAsync(ServiceDefinition service, string instance = "1", IReadOnlyDictionary<string, string?>? settings = null)
    {
        var app = CdpHost.Build(service, [], builder =>
        {
            builder.Configuration
                .AddInMemoryCollection(Settings(instance))
                .AddInMemoryCollection([new("Address", "127.0.0.1"), new("Port", "0")])
                .AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        });
        var running = new RunningService(service.Name, app);
        _services.Add(running);
        await app.StartAsync();
        await running.UntilReadyAsync();
        return running;
    }

    /// <summary>A service as a separate process, not started yet. Disposing of the cluster kills it if it is still running.</summary>
    /// <param name="program">Ingestion, Validation, Identity, Profiles or Fanout.</param>
    /// <param name="settings">Settings that override those of the cluster.</param>
    public ServiceProcess Process(string program, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var all = Settings("1").Concat(settings ?? new Dictionary<string, string?>());
        var process = ServiceProcess.OnFreePorts(program, all.Select(setting => $"--{setting.Key}={setting.Value}"));
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
        var all = admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(topic => topic.Topic);
        var topics = all.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
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
