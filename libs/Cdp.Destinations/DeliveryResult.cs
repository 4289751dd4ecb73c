namespace Cdp.Destinations;

/// <summary>What one attempt at a delivery came to.</summary>
public abstract record DeliveryResult
{
    private DeliveryResult() { }

    /// <summary>The destination took the event.</summary>
    public sealed record Delivered(int Status) : DeliveryResult;

    /// <summary>Not now: another attempt may succeed.</summary>
    /// <param name="Status">The HTTP status of the answer; null where there was none.</param>
    /// <param name="Reason">For a person.</param>
    /// <param name="After">How long the destination asked to be left alone.</param>
    public sealed record Retry(int? Status, string Reason, TimeSpan? After = null) : DeliveryResult;

    /// <summary>No attempt will succeed: the destination does not want this event.</summary>
    public sealed record Refused(int Status, string Reason) : DeliveryResult;

    /// <summary>Nothing was sent, because the destination as a whole cannot be reached. That says nothing about the event, and is no attempt.</summary>
    public sealed record Unreachable(string Reason) : DeliveryResult;
}
