namespace Cdp.Streaming.Observability;

/// <summary>Limits the log lines about a lasting condition to one per minute, however often it is detected. Thread-safe.</summary>
public sealed class LogLimiter(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, DateTimeOffset> _logged = [];

    /// <summary>Whether the condition is to be logged now: true for the first call, then once a minute.</summary>
    /// <param name="condition">Names the condition. Every name is kept until the process ends, so use few different names.</param>
    public bool IsDue(string condition)
    {
        lock (_logged)
        {
            var now = time.GetUtcNow();
            if (_logged.TryGetValue(condition, out var last) && now - last < Interval) return false;
            _logged[condition] = now;
            return true;
        }
    }
}
