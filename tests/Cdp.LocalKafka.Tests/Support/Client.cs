using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>The clients that the tests use: everything explicit, nothing automatic, and fast to reconnect.</summary>
internal static class Client
{
    /// <summary>
    /// The time limit for anything on a real cluster, where the first rebalance of a group or the timeout of a transaction may be seconds late.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // While it bootstraps again (KIP-899), librdkafka 2.16 can forget a node that it is still waiting for, and then it never terminates.
    private const MetadataRecoveryStrategy Recovery = MetadataRecoveryStrategy.None;

    public static IAdminClient Admin(string bootstrap) =>
        new AdminClientBuilder(
            new AdminClientConfig { BootstrapServers = bootstrap, MetadataRecoveryStrategy = Recovery }).SetLogHandler(Silent).SetErrorHandler(Ignored).Build();

    public static Task CreateTopic(IAdminClient admin, string name, int partitions, params (string Name, string Value)[] configs) =>
        admin.CreateTopicsAsync(
            [
                new TopicSpecification
                {
                    Name = name,
                    NumPartitions = partitions,
                    ReplicationFactor = -1,
                    Configs = configs.ToDictionary(c => c.Name, c => c.Value),
                },
            ]);

    public static IProducer<string?, string?> Producer(string bootstrap, Action<ProducerConfig>? configure = null)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrap,
            Acks = Acks.All,
            LingerMs = 5,
            SocketKeepaliveEnable = true,
            RetryBackoffMs = 20,
            RetryBackoffMaxMs = 100,
            ReconnectBackoffMs = 10,
            ReconnectBackoffMaxMs = 100,
            MetadataRecoveryStrategy = Recovery,
        };
        configure?.Invoke(config);
        return new ProducerBuilder<string?, string?>(config).SetKeySerializer(Text).SetValueSerializer(Text).SetLogHandler(Silent).SetErrorHandler(
            Ignored).Build();
    }

    /// <summary>A producer with a transactional id, after InitTransactions.</summary>
    public static IProducer<string?, string?> Transactional(string bootstrap, string id, int timeoutMs = 60_000)
    {
        var producer = Producer(bootstrap, config =>
        {
            config.TransactionalId = id;
            config.TransactionTimeoutMs = timeoutMs;
            config.MessageTimeoutMs = timeoutMs;
        });
        producer.InitTransactions(Limit);
        return producer;
    }

    public static IConsumer<string?, string?> Consumer(
        string bootstrap, string group, IsolationLevel isolation = IsolationLevel.ReadCommitted, Action<ConsumerConfig>? configure = null,
        Rebalances? rebalances = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            IsolationLevel = isolation,
            EnablePartitionEof = true,
            SessionTimeoutMs = 6000, // the minimum that Kafka's default group.min.session.timeout.ms allows
            HeartbeatIntervalMs = 500,
            FetchWaitMaxMs = 100,
            ReconnectBackoffMs = 10,
            ReconnectBackoffMaxMs = 100,
            MetadataRecoveryStrategy = Recovery,
        };
        configure?.Invoke(config);
        var builder = new ConsumerBuilder<string?, string?>(config).SetKeyDeserializer(Text).SetValueDeserializer(Text).SetLogHandler(Silent);
        rebalances?.Watch(builder);
        return builder.SetErrorHandler((_, error) => rebalances?.Errors.Enqueue(error)).Build();
    }

    public static Task<DeliveryResult<string?, string?>> Send(this IProducer<string?, string?> producer, string topic, Message<string?, string?> message) =>
        producer.ProduceAsync(topic, message, TestContext.Current.CancellationToken);

    public static Task<DeliveryResult<string?, string?>> Send(
        this IProducer<string?, string?> producer, TopicPartition partition, Message<string?, string?> message) =>
        producer.ProduceAsync(partition, message, TestContext.Current.CancellationToken);

    /// <summary>Sends all records at once and waits until each has arrived.</summary>
    public static Task<DeliveryResult<string?, string?>[]> SendAll(this IProducer<string?, string?> producer, string topic, IEnumerable<string> values) =>
        Task.WhenAll(values.Select(value => producer.Send(topic, Message(value))));

    public static Message<string?, string?> Message(string? value, string? key = null) => new() { Key = key, Value = value };

    private static NullableText Text { get; } = new();

    private static void Silent(IClient client, LogMessage message)
    {
    }

    private static void Ignored(IClient client, Error error)
    {
    }

    private sealed class NullableText : ISerializer<string?>, IDeserializer<string?>
    {
        public byte[]? Serialize(string? data, SerializationContext context) => data is null ? null : Encoding.UTF8.GetBytes(data);

        public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : Encoding.UTF8.GetString(data);
    }
}
