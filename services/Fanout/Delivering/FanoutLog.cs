using Cdp.Streaming.Observability;

namespace Cdp.Fanout.Delivering;

/// <summary>The log messages of the service.</summary>
public sealed partial class FanoutLog(ILogger<FanoutLog> logger, TimeProvider time)
{
    private readonly LogLimiter _limiter = new(time);

    /// <summary>Logs once a minute for each destination, however many deliveries wait for it.</summary>
    public void Unreachable(string destination, string reason)
    {
        if (_limiter.IsDue(destination)) LogUnreachable(destination, reason);
    }

    [LoggerMessage(LogLevel.Warning, "Destination {Destination} is unreachable; its events wait in Kafka: {Reason}")]
    private partial void LogUnreachable(string destination, string reason);
}
