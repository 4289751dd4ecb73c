using cdp;
using Cdp.Contracts;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

using Topic = Cdp.Contracts.Topic;

namespace Cdp.Streaming.Tests.Writing;

/// <summary>Whatever interrupts a batch, it leaves no transaction open.</summary>
[Trait("tier", "integration")]
public sealed class TransactionalSinkTests : IAsyncLifetime
{
    private static readonly Topic Target = Topics.EventsCollected;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cdp-sink-");
    private LocalKafkaBroker _broker = null!;
    private KafkaOptions _kafka = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.FullName }, cancel: TestContext.Current.CancellationToken);
        _kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, TopicPrefix = "t.", Partitions = 1 };
        await TopicAdmin.EnsureAsync(_kafka, [Target]);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Commit_EncodingIsCancelled_AbortsTheTransaction()
    {
        await using var fake = await FakeRegistry.StartAsync();
        using var registry = new SchemaRegistry(new Uri(fake.Url), new RegistryAccess());
        var options = new StreamOptions { Service = "s", Group = "g", Inputs = [], Outputs = [Target] };
        var log = new StreamLog(NullLogger.Instance, "g", TimeProvider.System);
        using var sink = new TransactionalSink(
            _kafka, options.Group, new AvroCodec(registry, "t."), new OutageRetry(log, new Readiness(), "loop", TestContext.Current.CancellationToken), log);
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(_kafka.Consumer("g")).Build();
        sink.Init();

        Assert.Throws<TaskCanceledException>(
            () => sink.Commit([Record("a"), new Outgoing(Target, null, new Cancelling(), null)], [], consumer.ConsumerGroupMetadata));
        sink.Commit([Record("b")], [new TopicPartitionOffset("t.events.collected", 0, 1)], consumer.ConsumerGroupMetadata);
    }

    private static Outgoing Record(string messageId) =>
        new(
            Target,
            null,
            new CollectedEvent
            {
                envelope = new Event
                {
                    messageId = messageId,
                    type = "track",
                    sourceId = "s",
                    anonymousId = "a",
                    receivedAt = DateTime.UnixEpoch,
                    timestamp = DateTime.UnixEpoch,
                },
            },
            null);

    /// <summary>A wait inside the encoding of a record is cancelled.</summary>
    private sealed class Cancelling : IAvroRecord
    {
        public Avro.Schema Schema => CollectedEvent._SCHEMA;

        public object Get(int fieldPos) => throw new NotSupportedException();

        public void Put(int fieldPos, object fieldValue) => throw new NotSupportedException();

        public void Write(AvroWriter to) => throw new TaskCanceledException();
    }
}
