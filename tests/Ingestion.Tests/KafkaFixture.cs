using cdp;
using Cdp.Contracts;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.Streaming.Clients;
using Xunit;

namespace Cdp.Ingestion.Tests;

/// <summary>The service on an embedded broker, and what it has written there.</summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("ingestion-tests-").FullName;
    private FakeRegistry _registry = null!;
    private LocalKafkaBroker _broker = null!;

    internal IngestionHost Host { get; private set; } = null!;

    internal KafkaOptions Options { get; private set; } = null!;

    internal BrokerFaults Faults => _broker.Faults;

    public async ValueTask InitializeAsync()
    {
        _registry = await FakeRegistry.StartAsync();
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _data });
        Options = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, SchemaRegistry = _registry.Url };
        Host = await StartHostAsync();
    }

    /// <summary>Starts another instance of the service on the same broker, with its own source folder.</summary>
    internal async Task<IngestionHost> StartHostAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(_broker.BootstrapServers, _registry.Url, settings);
        await host.WaitUntilReadyAsync();
        return host;
    }

    public ValueTask StopBrokerAsync() => _broker.DisposeAsync();

    /// <summary>Restarts the broker on the same port with its data.</summary>
    public async Task RestartBrokerAsync() => _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _data, Port = _broker.Port });

    /// <summary>Every record of a topic so far.</summary>
    internal List<TopicRecord> Read(Topic topic)
    {
        using var reader = new TopicReader(Options, topic);
        return [.. reader.ReadNew()];
    }

    internal List<Event> CollectedEvents() => [.. Read(Topics.EventsCollected).Select(record => ((CollectedEvent)record.Value).envelope)];

    internal List<QuarantinedEvent> QuarantinedEvents() => [.. Read(Topics.EventsQuarantined).Select(record => (QuarantinedEvent)record.Value)];

    /// <summary>The only record of events.collected with this messageId.</summary>
    internal TopicRecord FindCollectedRecord(string messageId) =>
        Assert.Single(Read(Topics.EventsCollected), record => ((CollectedEvent)record.Value).envelope.messageId == messageId);

    /// <summary>The only collected event with this messageId.</summary>
    internal Event FindCollected(string messageId) => ((CollectedEvent)FindCollectedRecord(messageId).Value).envelope;

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _broker.DisposeAsync();
        await _registry.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
