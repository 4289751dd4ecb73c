namespace Cdp.Destinations.Delivery;

/// <summary>The result of one attempt for one event.</summary>
public abstract record DeliveryResult
{
    private DeliveryResult() { }

    /// <summary>The destination accepted the event.</summary>
    /// <param name="Status">The HTTP status of the response, or what corresponds to it in another protocol.</param>
    public sealed record Delivered(int Status) : DeliveryResult;

    /// <summary>The attempt failed; another may succeed.</summary>
    /// <param name="Status">The HTTP status of the response; null if there was none.</param>
    /// <param name="Reason">The reason, for people.</param>
    /// <param name="After">How long the destination asked to wait; null if it did not ask.</param>
    public sealed record Retry(int? Status, string Reason, TimeSpan? After = null) : DeliveryResult;

    /// <summary>The destination rejected the event: no further attempt will succeed.</summary>
    /// <param name="Status">The HTTP status of the response.</param>
    /// <param name="Reason">The reason, for people.</param>
    public sealed record Refused(int Status, string Reason) : DeliveryResult;

    /// <summary>
    /// Nothing was sent, because the destination cannot be reached at all. That says nothing about the event, and does not count as an attempt.
    /// </summary>
    /// <param name="Reason">The reason, for people.</param>
    public sealed record Unreachable(string Reason) : DeliveryResult;
}
