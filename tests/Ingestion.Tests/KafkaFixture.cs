using Avro.Specific;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.Streaming;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Ingestion.Tests;

/// <summary>The service on the embedded broker.</summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("ingestion-tests-").FullName;
    private FakeRegistry _registry = null!;
    private LocalKafkaBroker _broker = null!;
    private KafkaOptions _kafka = null!;

    internal IngestionHost Host { get; private set; } = null!;

    internal KafkaOptions Options => _kafka;

    internal LocalKafkaBroker Broker => _broker;

    public async ValueTask InitializeAsync()
    {
        _registry = await FakeRegistry.StartAsync();
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _data });
        _kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, SchemaRegistry = _registry.Url };
        Host = await IngestionHost.StartAsync(_broker.BootstrapServers, _registry.Url);
        await Host.UntilReadyAsync();
    }

    /// <summary>Another instance of the service, with sources of its own folder that are the same.</summary>
    internal async Task<IngestionHost> StartHostAsync(params string[] settings)
    {
        var host = await IngestionHost.StartAsync(_broker.BootstrapServers, _registry.Url, settings);
        await host.UntilReadyAsync();
        return host;
    }

    internal BrokerFaults Faults => _broker.Faults;

    public ValueTask StopBrokerAsync() => _broker.DisposeAsync();

    public async Task RestartBrokerAsync() => _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _data, Port = _broker.Port });

    /// <summary>Every record of a topic so far, with its key and headers.</summary>
    internal List<(string? Key, ISpecificRecord Value, Headers Headers)> Read(Cdp.Contracts.Topic topic)
    {
        using var registry = _kafka.Registry();
        var codec = new AvroCodec(registry, _kafka.TopicPrefix);
        using var consumer = new ConsumerBuilder<string?, byte[]>(_kafka.Consumer("tests")).SetKeyDeserializer(Keys.Deserializer).Build();
        consumer.Assign(Enumerable.Range(0, 3).Select(partition => new TopicPartitionOffset(_kafka.TopicPrefix + topic.Name, partition, Offset.Beginning)));
        var (records, ends) = (new List<(string?, ISpecificRecord, Headers)>(), 0);
        while (ends < 3)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new TimeoutException($"{topic.Name} did not end");
            if (result.IsPartitionEOF) ends++;
            else records.Add((result.Message.Key, codec.Decode(result.Message.Value), result.Message.Headers));
        }
        return records;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _broker.DisposeAsync();
        await _registry.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
