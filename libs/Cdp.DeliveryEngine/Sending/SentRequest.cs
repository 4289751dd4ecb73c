using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Sending;

/// <summary>A request that is being sent, or waits at the gate of its destination.</summary>
/// <param name="items">The items of the request.</param>
internal sealed class SentRequest(IReadOnlyList<DeliveryItem> items)
{
    private long _sentAt;

    public IReadOnlyList<DeliveryItem> Items { get; } = items;

    /// <summary>The results, in the order of the items. Cancelled if a partition of an item was revoked.</summary>
    public Task<IReadOnlyList<DeliveryResult>> Results { get; set; } = Task.FromResult<IReadOnlyList<DeliveryResult>>([]);

    /// <summary>When it passed the gate, as a timestamp of the <see cref="TimeProvider"/>; null while it waits there.</summary>
    public long? SentAt => Volatile.Read(ref _sentAt) is var sent and not 0 ? sent : null;

    /// <summary>Notes that it waits at the gate again: the destination cannot be reached.</summary>
    public void Waits() => Volatile.Write(ref _sentAt, 0);

    public void Sent(long timestamp) => Volatile.Write(ref _sentAt, timestamp);
}
