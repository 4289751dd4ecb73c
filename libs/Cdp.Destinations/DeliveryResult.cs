namespace Cdp.Destinations;

/// <summary>The result of one delivery attempt.</summary>
public abstract record DeliveryResult
{
    private DeliveryResult() { }

    /// <summary>The destination accepted the event.</summary>
    public sealed record Delivered(int Status) : DeliveryResult;

    /// <summary>The attempt failed; another may succeed.</summary>
    /// <param name="Status">The HTTP status of the response; null if there was none.</param>
    /// <param name="Reason">The reason, for people.</param>
    /// <param name="After">How long the destination asked to wait; null if it did not.</param>
    public sealed record Retry(int? Status, string Reason, TimeSpan? After = null) : DeliveryResult;

    /// <summary>The destination rejected the event: no further attempt will succeed.</summary>
    public sealed record Refused(int Status, string Reason) : DeliveryResult;

    /// <summary>
    /// Nothing was sent, because the destination cannot be reached at all. That says nothing about the event, and does not count as an attempt.
    /// </summary>
    public sealed record Unreachable(string Reason) : DeliveryResult;
}
