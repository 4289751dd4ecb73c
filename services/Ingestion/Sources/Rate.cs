namespace Cdp.Ingestion.Sources;

/// <summary>The rate at which a source may send events.</summary>
/// <param name="EventsPerSecond">The sustained number of events per second.</param>
/// <param name="Burst">The number of events that may arrive at the same time after a pause.</param>
public sealed record Rate(int EventsPerSecond, int Burst)
{
    /// <summary>
    /// The rate of a source of type web whose file sets none. Anyone can send with the key of such a source, and identity's linker, which all sources share,
    /// handles about ten times this rate.
    /// </summary>
    public static readonly Rate OfWeb = new(2_000, 10_000);
}

/// <summary>
/// A token bucket that may be overdrawn: a request passes if any token is left, and the next one waits until the deficit is made up. So a batch larger than the
/// burst can pass, and a refused sender is told how long to wait. Thread-safe.
/// </summary>
public sealed class TokenBucket
{
    private readonly Lock _lock = new();
    private double _taken;
    private DateTimeOffset _at;

    /// <returns>Zero if the tokens were taken; otherwise how long until a token is available, and nothing was taken.</returns>
    public TimeSpan Take(Rate rate, int events, DateTimeOffset now)
    {
        lock (_lock)
        {
            // A clock that is set back neither adds nor removes tokens.
            if (now > _at) _taken = Math.Max(0, _taken - ((now - _at).TotalSeconds * rate.EventsPerSecond));
            _at = now;
            if (_taken >= rate.Burst) return TimeSpan.FromSeconds((_taken - rate.Burst + 1) / rate.EventsPerSecond);
            _taken += events;
            return TimeSpan.Zero;
        }
    }
}
