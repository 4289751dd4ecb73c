using System.Collections.Concurrent;
using Cdp.DeliveryEngine.Parking;

namespace Cdp.DeliveryEngine.Rounds;

/// <summary>What this member knows of a partition that it owns. Discarded when the partition is revoked.</summary>
internal sealed class PartitionState
{
    private readonly CancellationTokenSource _revoked = new();

    /// <summary>Whether <see cref="Lanes"/> is known. Until then nothing of the partition may be delivered.</summary>
    public bool IsRestored { get; private set; }

    /// <summary>The events that wait in the retry topic.</summary>
    public ParkedLanes Lanes { get; private set; } = new();

    /// <summary>
    /// The requests of parked items that are still in flight, by sequence number: a slow response does not hold up the batch after it.
    /// </summary>
    public Dictionary<long, PendingRequest> Pending { get; } = [];

    /// <summary>When lanes whose outputs could not be written may be tried again, by lane.</summary>
    public Dictionary<string, DateTime> Blocked { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The outcomes of attempts that are not committed yet. A batch that is read again, after an abort or in parts, is not sent again. After a crash, the
    /// idempotency key lets the destination recognize the repetition.
    /// </summary>
    public ConcurrentDictionary<ItemId, Outcome> Outcomes { get; } = new();

    /// <summary>Cancelled when another member becomes the owner: to continue would send events twice and out of order.</summary>
    public CancellationToken Revoked => _revoked.Token;

    public void Restore(ParkedLanes lanes) => (Lanes, IsRestored) = (lanes, true);

    public void Revoke() => _revoked.Cancel();

    /// <summary>The lanes that may be tried now: the first item is due, no request for it is in flight, and its outputs can be written.</summary>
    public IEnumerable<string> DueLanes(DateTime now) => Lanes.DueLanes(now).Where(lane =>
        !(Pending.Count > 0 && Pending.TryGetValue(Lanes.Head(lane, 1)[0].Sequence, out var pending) && !pending.HasEnded)
        && !(Blocked.Count > 0 && Blocked.TryGetValue(lane, out var until) && now < until));
}
