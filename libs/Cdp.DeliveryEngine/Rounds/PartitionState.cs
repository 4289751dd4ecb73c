using System.Collections.Concurrent;
using Cdp.DeliveryEngine.Parking;
using Cdp.DeliveryEngine.Sending;

namespace Cdp.DeliveryEngine.Rounds;

/// <summary>What this member knows of a partition that it owns. Discarded when the partition is revoked.</summary>
internal sealed class PartitionState : IDisposable
{
    private readonly CancellationTokenSource _revoked = new();

    /// <summary>The events that wait in the retry topic.</summary>
    public ParkedLanes Lanes { get; } = new();

    /// <summary>
    /// The requests of the first items of lanes that are still in flight, by lane: a slow response does not hold up the batch after it.
    /// </summary>
    public Dictionary<string, SentRequest> Pending { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The outcomes of attempts that are not committed yet. A batch that is read again, after an abort or in parts, is not sent again. After a crash, the
    /// idempotency key lets the destination recognize the repetition.
    /// </summary>
    public ConcurrentDictionary<ItemId, Outcome> Outcomes { get; } = new();

    /// <summary>Cancelled when another member becomes the owner: to continue would send events twice and out of order.</summary>
    public CancellationToken Revoked => _revoked.Token;

    public void Revoke() => _revoked.Cancel();

    public void Dispose() => _revoked.Dispose();
}

/// <summary>Identifies an item: by the record that it comes from, or, if it waits in the retry topic, by its sequence number there.</summary>
/// <param name="Topic">The input topic; empty for the retry topic.</param>
/// <param name="Offset">The offset in the input topic, or the sequence number.</param>
/// <param name="Action">The action that the event triggers.</param>
internal readonly record struct ItemId(string Topic, long Offset, string Action);
