namespace Cdp.Streaming.Observability;

/// <summary>Limits log lines about a condition that lasts to one a minute, however often it is noticed. Thread-safe.</summary>
public sealed class LogLimiter(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, DateTimeOffset> _logged = [];

    /// <summary>Whether the condition is to be logged now: true for the first call, then once a minute.</summary>
    /// <param name="condition">Names the condition. Each is kept until the process ends, so there must be few of them.</param>
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
