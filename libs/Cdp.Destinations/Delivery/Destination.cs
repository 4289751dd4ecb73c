namespace Cdp.Destinations.Delivery;

/// <summary>
/// A tool that events are delivered to. It builds requests, sends them, and interprets the responses. Order, retries, throttling and bookkeeping belong to the
/// delivery engine: an implementation makes exactly one attempt for each call and remembers nothing. Thread-safe.
/// </summary>
public abstract class Destination : IDisposable
{
    /// <summary>How the items of an action are put together into requests.</summary>
    /// <param name="action">The name of the action.</param>
    public virtual BatchRule Batch(string action) => BatchRule.Single;

    /// <summary>
    /// The requests that <see cref="SendAsync"/> would make for these items, as text for people: method, URL, headers and body. Secrets are replaced by
    /// <c>***</c>. Performs no I/O.
    /// </summary>
    /// <param name="items">The items, all of one action.</param>
    public abstract string Preview(IReadOnlyList<DeliveryItem> items);

    /// <summary>Makes one attempt.</summary>
    /// <param name="items">One or more items of one action, within the bounds of <see cref="Batch"/>, in the order in which they must take effect.</param>
    /// <param name="stopping">Cancels the attempt.</param>
    /// <exception cref="OperationCanceledException">The attempt was cancelled; it is unknown whether the destination accepted the items.</exception>
    public abstract Task<SendResult> SendAsync(IReadOnlyList<DeliveryItem> items, CancellationToken stopping);

    /// <summary>Closes connections.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what the implementation has opened.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing) { }
}
