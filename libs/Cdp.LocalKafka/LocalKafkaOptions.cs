namespace Cdp.LocalKafka;

/// <summary>How an embedded broker listens and keeps its data.</summary>
public sealed record LocalKafkaOptions
{
    /// <summary>Where topics, groups and transactions are kept; made when missing, held by one broker at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The address to listen on. <c>0.0.0.0</c> and <c>::</c> take connections on every address of the machine; then see <see cref="AdvertisedHost"/>.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The host that clients are told to connect to. Null: <see cref="Host"/>, and where that is every address, this machine's loopback;
    /// clients on other machines or in other containers need a name here that they can resolve.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>The port that clients are told, where they reach the broker through a forwarded one. Null: the port listened on.</summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>Partitions of a topic whose creator leaves the number to the broker.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Whether asking for a topic's metadata makes the topic. Off, so that a misspelt name is an error.</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>How long the first member of a new group waits for others. Kafka's default is 3 s; a laptop wants to start.</summary>
    public TimeSpan GroupInitialRebalanceDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The shortest session timeout that a group's member may ask for. Kafka's default; tests that wait for sessions to end want less.</summary>
    public TimeSpan GroupMinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>
    /// How often old records are looked for, and logs that are worth compacting. Kafka's defaults are 5 min (log.retention.check.interval.ms) and 15 s
    /// (log.cleaner.backoff.ms).
    /// </summary>
    public TimeSpan LogCleanupInterval { get; init; } = TimeSpan.FromSeconds(15);

    public LocalKafkaFlush Flush { get; init; } = LocalKafkaFlush.WhenSegmentIsFull;

    /// <summary>How long a connection may be silent, inside a request as well as between two, or leave an answer unread. Kafka's connections.max.idle.ms.</summary>
    public TimeSpan ConnectionsMaxIdle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The clock of all that the broker does: record timestamps, long polls, and the timeouts of sessions, rebalances, transactions and connections.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>When appended records are forced from the system's cache to the disk.</summary>
public enum LocalKafkaFlush
{
    /// <summary>Acknowledged records survive the death of the process, not a power cut: Kafka's own default, where replicas cover the rest.</summary>
    WhenSegmentIsFull,

    /// <summary>Acknowledged records survive a power cut. Costs one disk flush for each batch appended.</summary>
    EveryAppend,
}

/// <summary>The broker cannot start as asked; the message names the thing in the way and the remedy.</summary>
public sealed class LocalKafkaStartException(string message, Exception? inner = null) : Exception(message, inner);
