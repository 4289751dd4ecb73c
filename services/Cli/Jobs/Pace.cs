namespace Cdp.Cli.Jobs;

/// <summary>The speed of a job. Pure.</summary>
/// <param name="EventsPerSecond">The most events per second; null for no limit.</param>
public sealed record Pace(double? EventsPerSecond)
{
    private const int PageSize = 500;

    /// <summary>The most events in a page: what may be sent in a second, so that the events arrive evenly.</summary>
    public int Limit => EventsPerSecond is { } rate ? Math.Clamp((int)rate, 1, PageSize) : PageSize;

    /// <summary>How long to wait before the next page.</summary>
    /// <param name="sent">The events that were sent so far.</param>
    /// <param name="elapsed">The time since the beginning.</param>
    public TimeSpan Wait(long sent, TimeSpan elapsed)
    {
        if (EventsPerSecond is not { } rate) return TimeSpan.Zero;
        var wait = TimeSpan.FromSeconds(sent / rate) - elapsed;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
