namespace Cdp.LocalKafka.Transactions;

/// <summary>What Apache Kafka configures for its transaction coordinator, with its defaults.</summary>
internal sealed record TransactionOptions
{
    /// <summary><c>transaction.max.timeout.ms</c>: a producer that asks for more is answered INVALID_TRANSACTION_TIMEOUT.</summary>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary><c>transactional.id.expiration.ms</c>: an id without an open transaction is forgotten so long after its last change.</summary>
    public TimeSpan IdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>producer.id.expiration.ms</c> (KIP-854): a partition forgets a producer so long after its last record.</summary>
    public TimeSpan ProducerExpiration { get; init; } = TimeSpan.FromDays(1);
}
