namespace Cdp.LocalKafka.Hosting;

/// <summary>Where an embedded broker listens and how it stores its data.</summary>
public sealed record LocalKafkaOptions
{
    /// <summary>The directory for topics, groups and transactions. Created if missing; used by one broker at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// The address to listen on. With <c>0.0.0.0</c> or <c>::</c> the broker accepts connections on every address of the machine; see
    /// <see cref="AdvertisedHost"/> for that case.
    /// </summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on. 0 selects any free port.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The host that clients are told to connect to. By default this is <see cref="Host"/>, or the loopback address if the broker listens on every
    /// address. Clients on other machines or in other containers need a name that they can resolve.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>
    /// The port that clients are told to connect to, if they reach the broker through a forwarded port. Null means the port that the broker listens on.
    /// </summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>The number of partitions of a topic whose creator does not specify it.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Whether a metadata request for a missing topic creates it. Off by default, so that a misspelled topic name is an error.</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>How long the first member of a new group waits for others. Kafka's default of 3 s would delay every start on a laptop.</summary>
    public TimeSpan GroupInitialRebalanceDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The shortest session timeout that a member may ask for. The default is Kafka's; tests that wait for sessions to expire set less.</summary>
    public TimeSpan GroupMinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>
    /// How often retention is applied, and how often logs are checked for compaction. Kafka's defaults are 5 min
    /// (<c>log.retention.check.interval.ms</c>) and 15 s (<c>log.cleaner.backoff.ms</c>).
    /// </summary>
    public TimeSpan LogCleanupInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a transactional id without an open transaction is kept after its last change. Once it is removed, its producer gets
    /// INVALID_PRODUCER_ID_MAPPING. Kafka's <c>transactional.id.expiration.ms</c>.
    /// </summary>
    public TimeSpan TransactionalIdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often expired transactional ids are removed. Kafka's <c>transaction.remove.expired.transaction.cleanup.interval.ms</c>.</summary>
    public TimeSpan TransactionalIdCleanupInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>When appended records are flushed to disk.</summary>
    public LocalKafkaFlush Flush { get; init; } = LocalKafkaFlush.WhenSegmentIsFull;

    /// <summary>
    /// How long a connection may be idle before it is closed: between requests, inside a request, or with an unread response. Kafka's
    /// <c>connections.max.idle.ms</c>.
    /// </summary>
    public TimeSpan ConnectionsMaxIdle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The clock for everything the broker does: record timestamps, long polls, and the timeouts of sessions, rebalances, transactions and connections.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>When appended records are flushed from the operating system's cache to disk.</summary>
public enum LocalKafkaFlush
{
    /// <summary>
    /// Acknowledged records survive the death of the process, but not a power failure. This is Kafka's default; in a cluster, replicas cover the rest.
    /// </summary>
    WhenSegmentIsFull,

    /// <summary>Acknowledged records survive a power failure. Costs one disk flush for each appended batch.</summary>
    EveryAppend,
}

/// <summary>The broker cannot start. The message states the obstacle and what to do about it.</summary>
public sealed class LocalKafkaStartException(string message, Exception? inner = null) : Exception(message, inner);
