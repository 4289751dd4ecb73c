namespace Cdp.LocalKafka;

/// <summary>How an embedded broker listens and keeps its data.</summary>
public sealed record LocalKafkaOptions
{
    /// <summary>Where topics, groups and transactions are kept; made when missing, held by one broker at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The address to listen on, which is also the one clients are told.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; }

    /// <summary>Partitions of a topic whose creator leaves the number to the broker.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Whether asking for a topic's metadata makes the topic. Off, so that a misspelt name is an error.</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>How long the first member of a new group waits for others. Kafka's default is 3 s; a laptop wants to start.</summary>
    public TimeSpan GroupInitialRebalanceDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often old records are looked for. Kafka's default (log.retention.check.interval.ms) is 5 min.</summary>
    public TimeSpan LogCleanupInterval { get; init; } = TimeSpan.FromSeconds(30);

    public LocalKafkaFlush Flush { get; init; } = LocalKafkaFlush.WhenSegmentIsFull;

    /// <summary>The clock of record timestamps and of session and transaction timeouts.</summary>
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
