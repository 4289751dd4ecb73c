using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Hosting;

/// <summary>All log messages of the broker. They contain ids, never payloads.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(1, LogLevel.Warning, "Closed connection {Connection}: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, string connection, string reason);

    [LoggerMessage(2, LogLevel.Error, "Closed connection {Connection}: a request failed")]
    public static partial void RequestFailed(ILogger logger, string connection, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "Could not append to {Topic}-{Partition}")]
    public static partial void AppendFailed(ILogger logger, string topic, int partition, Exception exception);

    [LoggerMessage(40, LogLevel.Error, "Could not end the transaction of '{TransactionalId}'; retrying until it succeeds")]
    public static partial void TransactionStuck(ILogger logger, string transactionalId, Exception exception);

    [LoggerMessage(41, LogLevel.Error, "Could not remove the expired transactional id '{TransactionalId}'; retrying later")]
    public static partial void ExpiryFailed(ILogger logger, string transactionalId, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "Could not compact {Topic}-{Partition}: {Reason}")]
    public static partial void CompactionFailed(ILogger logger, string topic, int partition, string reason);

    [LoggerMessage(10, LogLevel.Error, "Maintenance of {Topic}-{Partition} failed: {Reason}")]
    public static partial void MaintenanceFailed(ILogger logger, string topic, int partition, string reason);
}
