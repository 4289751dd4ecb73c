using Cdp.LocalKafka.Tests.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace Cdp.LocalKafka.Tests.Clients;

/// <summary>
/// The cluster the client tests talk to: the one <c>CDP_TEST_KAFKA</c> names, else an embedded broker. They assert what Kafka
/// promises and cannot tell which it is. Names are unique to the run.
/// </summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly string _run = "t" + Guid.NewGuid().ToString("N")[..8];
    private readonly List<string> _topics = [];
    private LocalKafkaBroker? _broker;
    private int _names;

    public string Bootstrap { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("CDP_TEST_KAFKA") is { Length: > 0 } cluster)
        {
            Bootstrap = cluster;
            return;
        }
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _directory.Path });
        Bootstrap = _broker.BootstrapServers;
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is null)
        {
            using var admin = Client.Admin(Bootstrap);
            await admin.DeleteTopicsAsync(_topics);
        }
        else
        {
            await _broker.DisposeAsync();
        }
        _directory.Dispose();
    }

    public string Name(string what) => $"{_run}-{Interlocked.Increment(ref _names)}-{what}";

    public async Task<string> Topic(int partitions = 1, params (string Name, string Value)[] configs)
    {
        var name = Name("topic");
        using var admin = Client.Admin(Bootstrap);
        await Client.CreateTopic(admin, name, partitions, configs);
        lock (_topics) _topics.Add(name);
        return name;
    }
}

/// <summary>Clients as the tests use them: everything explicit, nothing automatic.</summary>
internal static class Client
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static IAdminClient Admin(string bootstrap) => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).SetLogHandler(Silent).Build();

    public static Task CreateTopic(IAdminClient admin, string name, int partitions, params (string Name, string Value)[] configs) =>
        admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = 1, Configs = configs.ToDictionary(c => c.Name, c => c.Value) }]);

    public static IProducer<string?, string?> Producer(string bootstrap, Action<ProducerConfig>? configure = null)
    {
        var config = new ProducerConfig { BootstrapServers = bootstrap, Acks = Acks.All, LingerMs = 5, SocketKeepaliveEnable = true };
        configure?.Invoke(config);
        return new ProducerBuilder<string?, string?>(config).SetKeySerializer(Text).SetValueSerializer(Text).SetLogHandler(Silent).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>A producer with a transactional id, initialised.</summary>
    public static IProducer<string?, string?> Transactional(string bootstrap, string id, int timeoutMs = 60_000)
    {
        var producer = Producer(bootstrap, config =>
        {
            config.TransactionalId = id;
            config.TransactionTimeoutMs = timeoutMs;
        });
        producer.InitTransactions(Limit);
        return producer;
    }

    public static IConsumer<string?, string?> Consumer(string bootstrap, string group, IsolationLevel isolation = IsolationLevel.ReadCommitted, Action<ConsumerConfig>? configure = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            IsolationLevel = isolation,
            EnablePartitionEof = true,
            SessionTimeoutMs = 6000,
            HeartbeatIntervalMs = 500,
        };
        configure?.Invoke(config);
        return new ConsumerBuilder<string?, string?>(config).SetKeyDeserializer(TextBack).SetValueDeserializer(TextBack).SetLogHandler(Silent).SetErrorHandler((_, _) => { }).Build();
    }

    /// <summary>All values of a partition, up to where its isolation level ends.</summary>
    public static List<ConsumeResult<string?, string?>> ReadAll(string bootstrap, string topic, IsolationLevel isolation = IsolationLevel.ReadCommitted, int partition = 0)
    {
        using var consumer = Consumer(bootstrap, "reader-" + Guid.NewGuid(), isolation);
        consumer.Assign(new TopicPartitionOffset(topic, partition, Offset.Beginning));
        var read = new List<ConsumeResult<string?, string?>>();
        while (true)
        {
            var result = consumer.Consume(Limit) ?? throw new TimeoutException($"nothing from {topic}-{partition} after {read.Count} records");
            if (result.IsPartitionEOF) return read;
            read.Add(result);
        }
    }

    public static IEnumerable<string?> Values(string bootstrap, string topic, IsolationLevel isolation = IsolationLevel.ReadCommitted) =>
        ReadAll(bootstrap, topic, isolation).Select(read => read.Message.Value);

    public static Task<DeliveryResult<string?, string?>> Send(this IProducer<string?, string?> producer, string topic, Message<string?, string?> message) =>
        producer.ProduceAsync(topic, message, TestContext.Current.CancellationToken);

    public static Message<string?, string?> Message(string? value, string? key = null) => new() { Key = key, Value = value };

    private static ISerializer<string?> Text => new NullableText();
    private static IDeserializer<string?> TextBack => new NullableText();

    private static void Silent(IClient client, LogMessage message)
    {
    }

    private sealed class NullableText : ISerializer<string?>, IDeserializer<string?>
    {
        public byte[]? Serialize(string? data, SerializationContext context) => data is null ? null : System.Text.Encoding.UTF8.GetBytes(data);

        public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : System.Text.Encoding.UTF8.GetString(data);
    }
}
