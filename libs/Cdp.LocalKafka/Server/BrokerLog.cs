using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>All that the broker logs. Ids, never payloads.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(1, LogLevel.Warning, "Closed connection {Connection}: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, string connection, string reason);

    [LoggerMessage(2, LogLevel.Error, "Closed connection {Connection}: a request failed")]
    public static partial void RequestFailed(ILogger logger, string connection, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "Could not append to {Topic}-{Partition}")]
    public static partial void AppendFailed(ILogger logger, string topic, int partition, Exception exception);

    [LoggerMessage(40, LogLevel.Error, "Could not end the transaction of '{TransactionalId}'; it is tried again until it is ended")]
    public static partial void TransactionStuck(ILogger logger, string transactionalId, Exception exception);

    [LoggerMessage(41, LogLevel.Error, "Could not forget the expired transactional id '{TransactionalId}'; it is tried again later")]
    public static partial void ExpiryFailed(ILogger logger, string transactionalId, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "Could not compact {Topic}-{Partition}: {Reason}")]
    public static partial void CompactionFailed(ILogger logger, string topic, int partition, string reason);

    [LoggerMessage(10, LogLevel.Error, "Could not look after {Topic}-{Partition}: {Reason}")]
    public static partial void MaintenanceFailed(ILogger logger, string topic, int partition, string reason);
}
