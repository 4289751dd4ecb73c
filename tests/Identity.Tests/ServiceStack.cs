using System.Net;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Microsoft.AspNetCore.Builder;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>A broker and a registry of one test, and the service on them as it is deployed.</summary>
internal sealed class ServiceStack : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public const string Token = "a test's token";

    private static int _installations;

    private readonly DirectoryInfo _directory;
    private readonly LocalKafkaBroker _broker;
    private readonly RegistryServer _registry;
    private readonly ISchemaRegistryClient _client;
    private readonly AvroCodec _codec;
    private readonly string[] _settings;

    private ServiceStack(DirectoryInfo directory, LocalKafkaBroker broker, RegistryServer registry, IConnectionMultiplexer redis)
    {
        (_directory, _broker, _registry) = (directory, broker, registry);
        Prefix = $"stack{Interlocked.Increment(ref _installations)}:";
        Kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, SchemaRegistry = registry.Url, Partitions = 3, InstanceId = "test" };
        _client = Kafka.Registry();
        _codec = new AvroCodec(_client, Kafka.TopicPrefix);
        Store = new IdentityStore(redis, Prefix);
        _settings =
        [
            $"--Kafka:BootstrapServers={Kafka.BootstrapServers}", $"--Kafka:SchemaRegistry={Kafka.SchemaRegistry}", "--Kafka:Partitions=3", "--Kafka:InstanceId=test",
            $"--Redis:Endpoint={redis.Configuration}", $"--Redis:KeyPrefix={Prefix}", "--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash(Token)}", "--Port=0",
        ];
    }

    public KafkaOptions Kafka { get; }

    /// <summary>Of its keys in Redis.</summary>
    public string Prefix { get; }

    public ISchemaRegistryClient Registry => _client;

    public IdentityStore Store { get; }

    public static async Task<ServiceStack> StartAsync(IConnectionMultiplexer redis)
    {
        var directory = Directory.CreateTempSubdirectory("cdp-identity-stack-");
        var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = directory.FullName }, cancel: TestContext.Current.CancellationToken);
        var stack = new ServiceStack(directory, broker, await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find()), redis);
        await TopicAdmin.EnsureAsync(stack.Kafka, Topics.All);
        return stack;
    }

    /// <summary>A started instance; all are of one name.</summary>
    public async Task<WebApplication> ServiceAsync()
    {
        var app = CdpHost.Build(IdentityService.Service, _settings);
        await app.StartAsync();
        return app;
    }

    public byte[] Encode(Topic topic, ISpecificRecord record) => _codec.Encode(topic, record);

    public async Task SendAsync(params Event[] events)
    {
        using var producer = new ProducerBuilder<string, byte[]>(Kafka.Producer()).Build();
        foreach (var envelope in events)
        {
            await producer.ProduceAsync(Kafka.TopicPrefix + Topics.EventsValidated.Name, new() { Key = envelope.anonymousId ?? envelope.userId, Value = _codec.Encode(Topics.EventsValidated, A.Validated(envelope)) });
        }
    }

    /// <summary>All of events.identified, partition by partition, once it holds so many events.</summary>
    public async Task<List<object>> ReadAsync(int identified)
    {
        List<object> records = [];
        await EventuallyAsync(async () => (records = await AllAsync(Topics.EventsIdentified, Kafka.Partitions)).OfType<IdentifiedEvent>().Count() >= identified, $"{identified} events are identified");
        return records;
    }

    public async Task<IReadOnlyList<IdentityDecision>> DecisionsAsync() => [.. (await AllAsync(Topics.IdentityDecisions, 1)).Cast<IdentityDecision>()];

    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!await condition())
        {
            Assert.False(bound.IsCancellationRequested, $"not within {Bound}: {what}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
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
