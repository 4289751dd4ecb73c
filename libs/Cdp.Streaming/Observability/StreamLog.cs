using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Streaming.Observability;

/// <summary>The log messages of a loop. A lasting condition is logged once a minute, not on every attempt.</summary>
internal sealed partial class StreamLog(ILogger logger, string group, TimeProvider time)
{
    private readonly LogLimiter _limiter = new(time);

    public void Waiting(string what, string error)
    {
        if (_limiter.IsDue(what)) LogWaiting(group, what, error);
    }

    public void ClientError(string reason)
    {
        if (_limiter.IsDue("client")) LogClientError(group, reason);
    }

    public void Aborted(string reason)
    {
        if (_limiter.IsDue("aborted")) LogAborted(group, reason);
    }

    /// <summary>Settings of existing topics that are weaker than the topic table asks for.</summary>
    public void Topics(IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings) LogTopic(group, warning);
    }

    public void Client(LogMessage message) => LogClient(group, message.Facility, message.Message);

    public void DeadLettered(string topic, int partition, long offset, string error) => LogDeadLettered(group, topic, partition, offset, error);

    public void Skipped(TopicPartition partition, long from, long to) => LogSkipped(group, to - from, partition.Topic, partition.Partition.Value, from, to);

    [LoggerMessage(LogLevel.Warning, "{Group}: waiting for {What}; no record is lost meanwhile. {Error}")]
    private partial void LogWaiting(string group, string what, string error);

    [LoggerMessage(LogLevel.Warning, "{Group}: the Kafka client reports: {Reason}")]
    private partial void LogClientError(string group, string reason);

    [LoggerMessage(LogLevel.Warning, "{Group}: a transaction was aborted; its input will be read again: {Reason}")]
    private partial void LogAborted(string group, string reason);

    [LoggerMessage(LogLevel.Warning, "{Group}: {Warning}")]
    private partial void LogTopic(string group, string warning);

    [LoggerMessage(LogLevel.Warning, "{Group}: retention has deleted {Count} offsets of {Topic}-{Partition} before they were processed, from {From} to {To}; "
        + "processing continues after them. Set retention.ms of the topic to more than the time that this service may be behind.")]
    private partial void LogSkipped(string group, long count, string topic, int partition, long from, long to);

    [LoggerMessage(LogLevel.Debug, "{Group}: {Facility} {Message}")]
    private partial void LogClient(string group, string facility, string message);

    [LoggerMessage(LogLevel.Error, "{Group}: {Topic}-{Partition}@{Offset} cannot be processed ({Error}); the record is on the dead topic, with its error")]
    private partial void LogDeadLettered(string group, string topic, int partition, long offset, string error);
}
