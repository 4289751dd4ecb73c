namespace Cdp.Ingestion.Sources;

/// <summary>How many events a source may send.</summary>
/// <param name="EventsPerSecond">In the long run.</param>
/// <param name="Burst">At once, after a rest.</param>
public sealed record Rate(int EventsPerSecond, int Burst);

/// <summary>
/// A token bucket that may be overdrawn: a request passes as long as anything is left, and what it takes too much is waited for by the next. So
/// a batch larger than the burst passes too, and who must wait is told for how long. Thread-safe.
/// </summary>
public sealed class TokenBucket
{
    private readonly Lock _lock = new();
    private double _taken;
    private DateTimeOffset _at;

    /// <returns>Zero: taken. Else how long until something is left, and nothing is taken.</returns>
    public TimeSpan Take(Rate rate, int events, DateTimeOffset now)
    {
        lock (_lock)
        {
            // A clock that was set back gives nothing, and takes nothing.
            if (now > _at) _taken = Math.Max(0, _taken - ((now - _at).TotalSeconds * rate.EventsPerSecond));
            _at = now;
            if (_taken >= rate.Burst) return TimeSpan.FromSeconds((_taken - rate.Burst + 1) / rate.EventsPerSecond);
            _taken += events;
            return TimeSpan.Zero;
        }
    }
}
