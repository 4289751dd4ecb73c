namespace Cdp.Functions.Contracts;

/// <summary>One event for a function.</summary>
/// <param name="Json">The event: a JSON object.</param>
/// <param name="Metadata">What <c>metadata(event)</c> of the RudderStack contract answers: a JSON object; null for an empty one.</param>
public sealed record EventInput(string Json, string? Metadata = null)
{
    /// <summary>
    /// The time that <c>Date</c> shows while the function handles the event; null for the clock's. With it, <c>Math.random</c> and <c>crypto.randomUUID</c>
    /// are determined by <see cref="Seed"/>, so that a replay of the log gets the same events. In a batch handler the first event of the batch counts.
    /// </summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>The seed of <c>Math.random</c> and <c>crypto.randomUUID</c>. It has no effect without <see cref="Now"/>.</summary>
    public ulong Seed { get; init; }
}
