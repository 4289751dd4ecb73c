using cdp;
using Cdp.Contracts;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Cdp.Validation.Duplicates;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Validation.Tests.Duplicates;

/// <summary>events.collected on an embedded broker, for the tests of one class.</summary>
public sealed class CollectedLogFixture : IAsyncLifetime
{
    private const int Partitions = 100;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("collected");
    private LocalKafkaBroker? _broker;
    private IProducer<Null, byte[]>? _producer;
    private int _partition = -1;

    public AvroCodec Codec { get; } = new(Registry.New(), "cdp.");

    public KafkaOptions Kafka { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _folder.FullName });
        Kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, Partitions = Partitions };
        await TopicAdmin.EnsureAsync(Kafka, [Topics.EventsCollected]);
        _producer = new ProducerBuilder<Null, byte[]>(Kafka.Producer()).Build();
    }

    /// <summary>A partition that no other test uses.</summary>
    public int NewPartition() => Interlocked.Increment(ref _partition);

    /// <summary>Appends events, each with the time at which ingestion produced it, and returns them with their offsets.</summary>
    public async Task<IReadOnlyList<Claimant>> AppendAsync(int partition, IEnumerable<(Event Event, DateTime ProducedAt)> events)
    {
        var appended = new List<Claimant>();
        foreach (var (made, producedAt) in events)
        {
            var value = Codec.Encode(Topics.EventsCollected, new CollectedEvent { envelope = made });
            var message = new Message<Null, byte[]> { Value = value, Timestamp = new Timestamp(producedAt) };
            var result = await _producer!.ProduceAsync(new TopicPartition(Kafka.TopicPrefix + Topics.EventsCollected.Name, partition), message);
            appended.Add(new Claimant(partition, result.Offset.Value, made));
        }
        return appended;
    }

    /// <summary>Deletes the topic and creates it again.</summary>
    public async Task RecreateAsync()
    {
        using var admin = new AdminClientBuilder(Kafka.Admin()).Build();
        await admin.DeleteTopicsAsync([Kafka.TopicPrefix + Topics.EventsCollected.Name]);
        await TopicAdmin.EnsureAsync(Kafka, [Topics.EventsCollected]);
    }

    /// <summary>Deletes the records before an offset, as retention does.</summary>
    public async Task TruncateAsync(int partition, long before)
    {
        using var admin = new AdminClientBuilder(Kafka.Admin()).Build();
        await admin.DeleteRecordsAsync([new TopicPartitionOffset(Kafka.TopicPrefix + Topics.EventsCollected.Name, partition, before)]);
    }

    public async ValueTask DisposeAsync()
    {
        _producer?.Dispose();
        if (_broker is not null) await _broker.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
