namespace Cdp.Fanout.Delivering;

/// <summary>How long to wait between attempts. They grow by doubling, with jitter, so that profiles do not knock in step.</summary>
public sealed record RetryTimes
{
    /// <summary>Before the second attempt at an event.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Between attempts, and between knocks at a destination that cannot be reached, at most.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest Retry-After that is obeyed: while it lasts, the profile's later events wait, too.</summary>
    public TimeSpan LongestAsked { get; init; } = TimeSpan.FromMinutes(10);
}
