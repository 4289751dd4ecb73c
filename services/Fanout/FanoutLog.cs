namespace Cdp.Fanout;

/// <summary>What the service tells its operator: ids, never payloads.</summary>
public sealed partial class FanoutLog(ILogger<FanoutLog> logger, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, DateTimeOffset> _told = [];

    /// <summary>Once a minute for each destination, however many deliveries wait for it.</summary>
    public void Unreachable(string destination, string reason)
    {
        lock (_told)
        {
            var now = time.GetUtcNow();
            if (_told.TryGetValue(destination, out var last) && now - last < Interval) return;
            _told[destination] = now;
        }
        LogUnreachable(destination, reason);
    }

    [LoggerMessage(LogLevel.Warning, "The destination {Destination} cannot be reached; its events wait in Kafka: {Reason}")]
    private partial void LogUnreachable(string destination, string reason);
}
