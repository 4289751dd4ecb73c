namespace Cdp.DeliveryEngine.Sending;

/// <summary>
/// A token bucket that adapts to the destination: a 429 halves the rate and honors Retry-After; without further ones the rate rises again. Without a limit of
/// its own it begins to limit with the first 429. Pure: time is an argument.
/// </summary>
public sealed class RequestRate
{
    private const double Lowest = 0.2;
    private static readonly TimeSpan RaiseInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly double? _limit;
    private double? _rate;
    // The rate at which the destination answered 429: four times as much counts as unlimited again.
    private double _refusedAt;
    private double _tokens;
    private DateTime _filledAt;
    private DateTime _pausedUntil;
    private DateTime _raisedAt;
    private DateTime _loweredAt;
    private DateTime _countedFrom;
    private int _counted;

    /// <param name="limit">The most requests per second; null for no limit.</param>
    public RequestRate(double? limit) => (_limit, _rate, _tokens) = (limit, limit, Math.Max(limit ?? 0, 1));

    /// <summary>Requests per second at present; null for no limit.</summary>
    public double? Current => _rate;

    /// <summary>Takes a token for one request. Returns zero if it was taken, else how long to wait before trying again.</summary>
    public TimeSpan Take(DateTime now)
    {
        if (now < _pausedUntil) return _pausedUntil - now;
        Raise(now);
        Count(now);
        if (_rate is not { } rate) return TimeSpan.Zero;
        var burst = Math.Max(rate, 1);
        if (_filledAt == default) _filledAt = now;
        _tokens = Math.Min(burst, _tokens + (rate * Math.Max(0, (now - _filledAt).TotalSeconds)));
        _filledAt = now;
        if (_tokens < 1) return TimeSpan.FromSeconds((1 - _tokens) / rate);
        _tokens--;
        return TimeSpan.Zero;
    }

    /// <summary>Notes that the destination answered 429.</summary>
    /// <param name="now">The time, in UTC.</param>
    /// <param name="after">How long it asked to wait; null if it did not.</param>
    public void Lower(DateTime now, TimeSpan? after)
    {
        if (after is { } pause) _pausedUntil = Later(_pausedUntil, now + (pause < LongestPause ? pause : LongestPause));
        // The requests that were in flight together are answered together, and mean one and the same thing.
        if (now - _loweredAt < TimeSpan.FromSeconds(1)) return;
        _refusedAt = _rate ?? Observed(now);
        _rate = Math.Min(_limit ?? double.MaxValue, Math.Max(Lowest, _refusedAt / 2));
        _tokens = Math.Min(_tokens, _rate.Value);
        _filledAt = now;
        (_loweredAt, _raisedAt) = (now, now);
    }

    private void Raise(DateTime now)
    {
        if (_rate is not { } rate || rate >= _limit || now - _raisedAt < RaiseInterval) return;
        _raisedAt = now;
        var raised = rate * 1.25;
        if (_limit is { } most) _rate = Math.Min(most, raised);
        else _rate = raised >= 4 * _refusedAt ? null : raised;
    }

    private void Count(DateTime now)
    {
        if (now - _countedFrom > TimeSpan.FromSeconds(10)) (_countedFrom, _counted) = (now, 0);
        _counted++;
    }

    private double Observed(DateTime now) => Math.Max(1, _counted / Math.Max(1, (now - _countedFrom).TotalSeconds));

    private static DateTime Later(DateTime a, DateTime b) => a > b ? a : b;
}
