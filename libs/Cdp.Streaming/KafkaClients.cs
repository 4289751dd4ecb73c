using Confluent.Kafka;
using Confluent.SchemaRegistry;

namespace Cdp.Streaming;

/// <summary>The client settings that every service shares, and why.</summary>
public static class KafkaClients
{
    /// <summary>Idempotent, acks=all, records placed as the Java client places them.</summary>
    public static ProducerConfig Producer(this KafkaOptions kafka) => new(Settings(kafka))
    {
        EnableIdempotence = true,
        Acks = Acks.All,
        Partitioner = Confluent.Kafka.Partitioner.Murmur2Random,
        LingerMs = 1,
        CompressionType = CompressionType.Lz4,
        // Above the topics' own limit: a dead letter carries a whole record, and the broker is the one to refuse.
        MessageMaxBytes = 4 * 1024 * 1024,
    };

    /// <summary>Reads committed records only; offsets are committed by whoever asks, never by a timer.</summary>
    public static ConsumerConfig Consumer(this KafkaOptions kafka, string group) => new(Settings(kafka))
    {
        GroupId = kafka.TopicPrefix + group,
        IsolationLevel = IsolationLevel.ReadCommitted,
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnablePartitionEof = true,
        SessionTimeoutMs = 10_000,
        HeartbeatIntervalMs = 2_000,
        FetchWaitMaxMs = 100,
        // What is fetched ahead of the loop: a few batches. The defaults (64 MiB in the queue, 50 MiB a fetch) are most of a small process's memory, and a
        // fetch is counted as it travels: compressed, of which a queue that was not yet full may get ten times as much.
        QueuedMaxMessagesKbytes = 4 * 1024,
        FetchMaxBytes = 1024 * 1024,
        MaxPartitionFetchBytes = 128 * 1024,
        // When that queue is full the client pauses its fetches; its default of a second would leave a fast loop without work.
        FetchQueueBackoffMs = 20,
    };

    public static AdminClientConfig Admin(this KafkaOptions kafka) => new(Settings(kafka));

    public static ISchemaRegistryClient Registry(this KafkaOptions kafka) => new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = kafka.SchemaRegistry });

    /// <summary>
    /// For short-lived clients, whose every failed attempt would otherwise be a line on the console. What they cannot do is thrown, and whoever waits
    /// tells it once a minute.
    /// </summary>
    internal static void Silence(IClient client, LogMessage message)
    {
        // Nothing is told, see above.
    }

    private static Dictionary<string, string> Settings(KafkaOptions kafka) => new(kafka.Client)
    {
        ["bootstrap.servers"] = kafka.BootstrapServers,
        ["client.id"] = kafka.InstanceId,
        ["reconnect.backoff.max.ms"] = "1000",
        // With "rebootstrap" a transactional producer can stand still for a minute after its only broker restarts (confluentinc/librdkafka#5511).
        ["metadata.recovery.strategy"] = "none",
    };
}
