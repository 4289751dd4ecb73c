using System.Net;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Identity.Storing;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRegistry;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>A broker and a schema registry for one test, and the complete identity service on them.</summary>
internal sealed class ServiceStack : IAsyncDisposable
{
    /// <summary>The time limit for anything that a test waits for.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private const string Token = "a test's token";

    private static int _installations;

    private readonly DirectoryInfo _directory;
    private readonly LocalKafkaBroker _broker;
    private readonly RegistryServer _registry;
    private readonly AvroCodec _codec;
    private readonly string[] _settings;

    private ServiceStack(DirectoryInfo directory, LocalKafkaBroker broker, RegistryServer registry, IConnectionMultiplexer redis)
    {
        (_directory, _broker, _registry) = (directory, broker, registry);
        Prefix = $"stack{Interlocked.Increment(ref _installations)}:";
        Kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, SchemaRegistry = registry.Url, Partitions = 3, InstanceId = "test" };
        Registry = Kafka.Registry();
        _codec = new AvroCodec(Registry, Kafka.TopicPrefix);
        Store = new IdentityStore(redis, Prefix);
        _settings =
        [
            $"--Kafka:BootstrapServers={Kafka.BootstrapServers}",
            $"--Kafka:SchemaRegistry={Kafka.SchemaRegistry}",
            $"--Kafka:Partitions={Kafka.Partitions}",
            $"--Kafka:InstanceId={Kafka.InstanceId}",
            $"--Redis:Endpoint={redis.Configuration}",
            $"--Redis:KeyPrefix={Prefix}",
            "--ProfileIds:Key=a test's key",
            $"--Api:Tokens:0={ApiTokens.Hash(Token)}",
            "--Port=0",
        ];
    }

    public KafkaOptions Kafka { get; }

    /// <summary>The faults that are injected into the broker.</summary>
    public BrokerFaults Faults => _broker.Faults;

    /// <summary>The prefix of the installation's keys in Redis.</summary>
    public string Prefix { get; }

    public SchemaRegistry Registry { get; }

    public IdentityStore Store { get; }

    public static async Task<ServiceStack> StartAsync(IConnectionMultiplexer redis)
    {
        var directory = Directory.CreateTempSubdirectory("cdp-identity-stack-");
        var options = new LocalKafkaOptions { DataDirectory = directory.FullName };
        var broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
        var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        var stack = new ServiceStack(directory, broker, registry, redis);
        await TopicAdmin.EnsureAsync(stack.Kafka, Topics.All);
        return stack;
    }

    /// <summary>Starts an instance of the service. All instances have the same name.</summary>
    public async Task<WebApplication> ServiceAsync()
    {
        var app = CdpHost.Build(IdentityService.Service, _settings);
        await app.StartAsync();
        return app;
    }

    /// <summary>A client of an instance's API.</summary>
    /// <param name="app">The instance.</param>
    /// <param name="hasToken">Whether requests carry the API token.</param>
    public static HttpClient Client(WebApplication app, bool hasToken = true)
    {
        var client = new HttpClient { BaseAddress = new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)) };
        if (hasToken) client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        return client;
    }

    public byte[] Encode(Topic topic, ISpecificRecord record) => _codec.Encode(topic, record);

    public async Task SendAsync(params Event[] events)
    {
        using var producer = new ProducerBuilder<string, byte[]>(Kafka.Producer()).Build();
        foreach (var envelope in events)
        {
            var value = _codec.Encode(Topics.EventsValidated, Given.Validated(envelope));
            var message = new Message<string, byte[]> { Key = envelope.anonymousId ?? envelope.userId, Value = value };
            await producer.ProduceAsync(Kafka.TopicPrefix + Topics.EventsValidated.Name, message);
        }
    }

    /// <summary>All records of events.identified, ordered by partition, once they include at least this number of events.</summary>
    public async Task<List<object>> ReadAsync(int identified)
    {
        List<object> records = [];
        await Eventually.TrueAsync(async () =>
        {
            records = await AllAsync(Topics.EventsIdentified, Kafka.Partitions);
            return records.OfType<IdentifiedEvent>().Count() >= identified;
        }, $"{identified} events are identified");
        return records;
    }

    public async Task<IReadOnlyList<IdentityDecision>> DecisionsAsync() => [.. (await AllAsync(Topics.IdentityDecisions, 1)).Cast<IdentityDecision>()];

    public async Task<IReadOnlyList<DeadRecord>> DeadAsync() => [.. (await AllAsync(Topics.Dead, Kafka.Partitions)).Cast<DeadRecord>()];

    /// <summary>Waits until this number of decisions is applied to Redis.</summary>
    public Task AppliedAsync(long sequence) =>
        Eventually.TrueAsync(async () => (await Store.AppliedAsync())?.Sequence == sequence, $"Redis has {sequence} decisions");

    public async ValueTask DisposeAsync()
    {
        Registry.Dispose();
        await _registry.DisposeAsync();
        await _broker.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task<List<object>> AllAsync(Topic topic, int partitions)
    {
        var changes = new List<Change>();
        for (var partition = 0; partition < partitions; partition++)
        {
            await Changelog.ReadAsync(Kafka, _codec, topic, partition, 0, batch =>
            {
                changes.AddRange(batch);
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
        }
        return [.. changes.Select(change => (object)change.Value!)];
    }
}
