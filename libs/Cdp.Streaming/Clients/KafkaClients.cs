using Cdp.Contracts;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Streaming.Clients;

/// <summary>The settings of every Kafka client, with their reasons, and the names of topics.</summary>
public static class KafkaClients
{
    /// <summary>
    /// The settings of a producer: idempotent, acks=all, and the partitioner of the Java client. <see cref="KafkaOptions.Client"/> overrides them.
    /// </summary>
    /// <param name="kafka">The cluster.</param>
    /// <param name="defaults">Sets further defaults, which an operator may override. Apply settings that must not be overridden to the result.</param>
    public static ProducerConfig Producer(this KafkaOptions kafka, Action<ProducerConfig>? defaults = null)
    {
        var config = new ProducerConfig(Common(kafka))
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            Partitioner = Confluent.Kafka.Partitioner.Murmur2Random,
            LingerMs = 1,
            CompressionType = CompressionType.Lz4,
            MessageMaxBytes = SizeLimits.Client,
        };
        defaults?.Invoke(config);
        kafka.Apply(config);
        return config;
    }

    /// <summary>
    /// The settings of a consumer: it reads committed records only, and never commits offsets by a timer. <see cref="KafkaOptions.Client"/> overrides them.
    /// </summary>
    /// <param name="kafka">The cluster.</param>
    /// <param name="group">The group id, without the topic prefix.</param>
    public static ConsumerConfig Consumer(this KafkaOptions kafka, string group)
    {
        var config = new ConsumerConfig(Common(kafka))
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
            // Fetch a few batches ahead of the loop. With the defaults (64 MiB queued, 50 MiB per fetch) the queue would be most of the memory of a small
            // process. A fetch counts compressed bytes, and may fill a queue that was not full yet with ten times as many.
            QueuedMaxMessagesKbytes = 4 * 1024,
            FetchMaxBytes = 1024 * 1024,
            MaxPartitionFetchBytes = 128 * 1024,
            // The client pauses its fetches while the queue is full. Its default pause of a second would leave a fast loop without work.
            FetchQueueBackoffMs = 20,
        };
        kafka.Apply(config);
        return config;
    }

    /// <summary>The settings of a client for administrative requests. <see cref="KafkaOptions.Client"/> overrides them.</summary>
    public static AdminClientConfig Admin(this KafkaOptions kafka)
    {
        var config = new AdminClientConfig(Common(kafka));
        kafka.Apply(config);
        return config;
    }

    /// <summary>A client for administrative requests that discards its log.</summary>
    public static IAdminClient BuildAdmin(this KafkaOptions kafka) => new AdminClientBuilder(kafka.Admin()).SetLogHandler(Silence).Build();

    /// <summary>A client of the schema registry.</summary>
    public static SchemaRegistry Registry(this KafkaOptions kafka) => new(new Uri(kafka.SchemaRegistry), kafka.RegistryAccess);

    /// <summary>The full name of a topic.</summary>
    public static string NameOf(this KafkaOptions kafka, Topic topic) => kafka.TopicPrefix + topic.Name;

    /// <summary>A partition of a topic, with the topic's full name.</summary>
    public static TopicPartition PartitionOf(this KafkaOptions kafka, Topic topic, int partition) => new(kafka.NameOf(topic), partition);

    /// <summary>Every partition of a keyed topic, in order.</summary>
    public static IEnumerable<TopicPartition> PartitionsOf(this KafkaOptions kafka, Topic topic) =>
        Enumerable.Range(0, kafka.Partitions).Select(partition => kafka.PartitionOf(topic, partition));

    /// <summary>
    /// Discards the log of a client, which would print every failed connection attempt to the console. Failures still surface as exceptions, and the code
    /// that retries logs them once a minute.
    /// </summary>
    public static void Silence(IClient client, LogMessage message)
    {
        // Deliberately empty.
    }

    private static Dictionary<string, string> Common(KafkaOptions kafka) => new()
    {
        ["bootstrap.servers"] = kafka.BootstrapServers,
        ["client.id"] = kafka.InstanceId,
        ["reconnect.backoff.max.ms"] = "1000",
        // With "rebootstrap" a transactional producer can stall for a minute after its only broker restarts (confluentinc/librdkafka#5511).
        ["metadata.recovery.strategy"] = "none",
    };
}
