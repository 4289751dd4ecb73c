using Cdp.Streaming.Observability;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.DeliveryEngine.Observability;

/// <summary>The log messages of the engine. Those about a lasting condition are written at most once a minute for a destination.</summary>
public sealed partial class DeliveryLog(ILogger<DeliveryLog> logger, TimeProvider time)
{
    private readonly LogLimiter _limiter = new(time);

    public void Unreachable(string destination, string reason)
    {
        if (_limiter.IsDue($"unreachable {destination}")) LogUnreachable(destination, reason);
    }

    public void Opened(string destination)
    {
        if (_limiter.IsDue($"opened {destination}")) LogOpened(destination);
    }

    public void Threw(string destination, Exception exception)
    {
        if (_limiter.IsDue($"threw {destination}")) LogThrew(destination, exception);
    }

    public void Full(string destination, int parked)
    {
        if (_limiter.IsDue($"full {destination}")) LogFull(destination, parked);
    }

    public void Undecodable(TopicPartition partition, long offset, string reason) => LogUndecodable(partition, offset, reason);

    public void Refused(string destination, string lane, string reason)
    {
        if (_limiter.IsDue($"refused {destination}")) LogRefused(destination, lane, reason);
    }

    [LoggerMessage(LogLevel.Error, "The record at offset {Offset} of {Partition} cannot be decoded and is skipped: {Reason}")]
    private partial void LogUndecodable(TopicPartition partition, long offset, string reason);

    [LoggerMessage(
        LogLevel.Error, "The outcome of {Lane} for destination {Destination} cannot be written; its events wait, and it is tried again in a minute: {Reason}")]
    private partial void LogRefused(string destination, string lane, string reason);

    [LoggerMessage(LogLevel.Warning, "Destination {Destination} is unreachable; its events wait in Kafka: {Reason}")]
    private partial void LogUnreachable(string destination, string reason);

    [LoggerMessage(LogLevel.Warning, "Destination {Destination} fails most requests; sending is suspended, and a probe tests it")]
    private partial void LogOpened(string destination);

    [LoggerMessage(LogLevel.Error, "Destination {Destination} threw an exception; its events are retried")]
    private partial void LogThrew(string destination, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Destination {Destination} has {Parked} events in its retry topic, the maximum; new ones are read when some are through")]
    private partial void LogFull(string destination, int parked);
}
