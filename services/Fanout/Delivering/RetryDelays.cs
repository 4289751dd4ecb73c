namespace Cdp.Fanout.Delivering;

/// <summary>How long to wait between attempts. The delays double, with jitter, so that the profiles do not retry in step.</summary>
public sealed record RetryDelays
{
    /// <summary>The delay before the second attempt at an event.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest delay between attempts, also at a destination that is unreachable.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest Retry-After that is honored. The profile's later events wait as well while it lasts.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(10);
}
