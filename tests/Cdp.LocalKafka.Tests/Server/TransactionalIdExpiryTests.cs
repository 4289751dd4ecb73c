using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>What happens to a client whose transactional id expired while it was idle.</summary>
[Trait("tier", "integration")]
public sealed class TransactionalIdExpiryTests : IAsyncLifetime
{
    private static readonly TimeSpan Expiration = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();
    private LocalKafkaBroker _broker = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions
            {
                DataDirectory = _directory.Path,
                TimeProvider = _time,
                TransactionalIdExpiration = Expiration,
                TransactionalIdCleanupInterval = Interval,
            });
        using var admin = Client.Admin(_broker.BootstrapServers);
        // The clients use a different clock than the broker.
        await Client.CreateTopic(admin, "t", 1, ("message.timestamp.type", "LogAppendTime"));
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task DescribeConfigs_ExpiryOptions_AreBrokerConfigs()
    {
        using var admin = Client.Admin(_broker.BootstrapServers);
        var broker = admin.GetMetadata(Client.Limit).Brokers[0].BrokerId;
        var described = (await admin.DescribeConfigsAsync([new() { Type = Confluent.Kafka.Admin.ResourceType.Broker, Name = $"{broker}" }]))[0].Entries;
        Assert.Equal("1800000", described["transactional.id.expiration.ms"].Value);
        Assert.Equal("300000", described["transaction.remove.expired.transaction.cleanup.interval.ms"].Value);
    }

    [Fact]
    public void SendOffsets_AfterTheExpiry_IsRefusedUntilTheProducerIsReplaced()
    {
        using var consumer = Client.Consumer(_broker.BootstrapServers, "g");
        using (var forgotten = Client.Transactional(_broker.BootstrapServers, "tx"))
        {
            _time.Advance(Expiration + Interval);
            for (var i = 0; i < 3; i++)
            {
                forgotten.BeginTransaction();
                var refused = Assert.Throws<KafkaTxnRequiresAbortException>(() => Commit(forgotten, consumer));
                Assert.Equal(ErrorCode.InvalidProducerIdMapping, refused.Error.Code);
                forgotten.AbortTransaction(Client.Limit);
            }
        }
        using var successor = Client.Transactional(_broker.BootstrapServers, "tx");
        successor.BeginTransaction();
        Commit(successor, consumer);
        successor.CommitTransaction(Client.Limit);
        Assert.Equal(7, consumer.Committed([new TopicPartition("t", 0)], Client.Limit)[0].Offset.Value);
    }

    [Fact]
    public async Task Send_AfterTheExpiry_IsRefusedOnceAndThenAccepted()
    {
        using var producer = Client.Transactional(_broker.BootstrapServers, "tx");
        _time.Advance(Expiration + Interval);

        producer.BeginTransaction();
        await Assert.ThrowsAnyAsync<KafkaException>(() => producer.Send("t", Client.Message("refused")));
        producer.AbortTransaction(Client.Limit);
        producer.BeginTransaction();
        await producer.Send("t", Client.Message("taken"));
        // Throws if the transaction is no longer known. Consuming up to the end would not work, because the broker's clock stands still.
        producer.CommitTransaction(Client.Limit);
    }

    [Fact]
    public async Task Expire_OpenTransaction_IsKept()
    {
        using var producer = Client.Transactional(_broker.BootstrapServers, "tx", timeoutMs: (int)TimeSpan.FromMinutes(14).TotalMilliseconds);
        _time.Advance(Expiration - TimeSpan.FromMinutes(1));
        producer.BeginTransaction();
        await producer.Send("t", Client.Message("open"));
        // The cleanup runs while the transaction is open.
        _time.Advance(Interval + TimeSpan.FromMinutes(2));
        // Throws if the transaction is no longer known.
        producer.CommitTransaction(Client.Limit);
    }

    private static void Commit(IProducer<string?, string?> producer, IConsumer<string?, string?> consumer) =>
        producer.SendOffsetsToTransaction([new TopicPartitionOffset("t", 0, 7)], consumer.ConsumerGroupMetadata, Client.Limit);
}
