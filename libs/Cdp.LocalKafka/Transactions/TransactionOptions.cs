namespace Cdp.LocalKafka.Transactions;

/// <summary>What Apache Kafka configures for its transaction coordinator.</summary>
internal sealed record TransactionOptions
{
    /// <summary><c>transaction.max.timeout.ms</c>: a producer that asks for more is answered INVALID_TRANSACTION_TIMEOUT.</summary>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(15);
}
