namespace Cdp.LocalKafka.Transactions;

/// <summary>The settings of Kafka's transaction coordinator, with Kafka's defaults.</summary>
internal sealed record TransactionOptions
{
    /// <summary><c>transaction.max.timeout.ms</c>: a longer timeout fails with INVALID_TRANSACTION_TIMEOUT.</summary>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary><c>transactional.id.expiration.ms</c>: how long an id without an open transaction is kept after its last change.</summary>
    public TimeSpan IdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>transaction.remove.expired.transaction.cleanup.interval.ms</c>: how often expired ids are removed.</summary>
    public TimeSpan IdCleanupInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>producer.id.expiration.ms</c> (KIP-854): how long a partition remembers a producer after its last record.</summary>
    public TimeSpan ProducerExpiration { get; init; } = TimeSpan.FromDays(1);
}
