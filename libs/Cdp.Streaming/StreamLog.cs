using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Streaming;

/// <summary>What a loop tells an operator. A condition that lasts is told once a minute, not once a try.</summary>
internal sealed partial class StreamLog(ILogger logger, string group, TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _told = new();

    public void Waiting(string what, string error)
    {
        if (IsDue(what)) LogWaiting(group, what, error);
    }

    public void ClientError(string reason)
    {
        if (IsDue("client")) LogClientError(group, reason);
    }

    public void Aborted(string reason)
    {
        if (IsDue("aborted")) LogAborted(group, reason);
    }

    public void Client(LogMessage message) => LogClient(group, message.Facility, message.Message);

    public void Died(string topic, int partition, long offset, string error) => LogDied(group, topic, partition, offset, error);

    private bool IsDue(string what)
    {
        var now = time.GetUtcNow();
        if (_told.TryGetValue(what, out var last) && now - last < Quiet) return false;
        _told[what] = now;
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "{Group}: waiting for {What}; nothing is lost meanwhile. {Error}")]
    private partial void LogWaiting(string group, string what, string error);

    [LoggerMessage(LogLevel.Warning, "{Group}: the Kafka client reports: {Reason}")]
    private partial void LogClientError(string group, string reason);

    [LoggerMessage(LogLevel.Warning, "{Group}: a transaction was aborted, its input is read again: {Reason}")]
    private partial void LogAborted(string group, string reason);

    [LoggerMessage(LogLevel.Debug, "{Group}: {Facility} {Message}")]
    private partial void LogClient(string group, string facility, string message);

    [LoggerMessage(LogLevel.Error, "{Group}: the record at {Topic}-{Partition}@{Offset} cannot be processed and went to the dead topic: {Error}")]
    private partial void LogDied(string group, string topic, int partition, long offset, string error);
}
