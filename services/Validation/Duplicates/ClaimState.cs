using System.Globalization;

namespace Cdp.Validation.Duplicates;

/// <summary>Which records of a partition have claims in Redis.</summary>
/// <param name="Position">All records up to and including this offset of events.collected are claimed.</param>
/// <param name="LastSlot">The latest slot of any record up to the position.</param>
/// <param name="Generation">Changes when the claims are rebuilt. Markers of another generation are ignored.</param>
/// <param name="Window">The length of a slot. If the length changes, the number of every slot changes.</param>
public sealed record ClaimState(long Position, long LastSlot, string Generation, TimeSpan Window)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Position} {LastSlot} {Generation} {Window.Ticks}");

    /// <summary>Null if the text is not a state. The state may belong to another window.</summary>
    public static ClaimState? Parse(string text) =>
        text.Split(' ') is [var position, var lastSlot, var generation, var window]
        && long.TryParse(position, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var p)
        && long.TryParse(lastSlot, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var l)
        && long.TryParse(window, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? new ClaimState(p, l, generation, new TimeSpan(ticks))
            : null;
}

/// <summary>The records of one partition in a batch.</summary>
/// <param name="Partition">The partition of events.collected.</param>
/// <param name="First">The offset of the first record.</param>
/// <param name="Last">The offset of the last record.</param>
/// <param name="LastSlot">The latest slot of any of the records.</param>
/// <param name="Slots">The slots in which an earlier occurrence of a record may have its claim: each record's own and its two neighbours.</param>
public sealed record PartitionBatch(int Partition, long First, long Last, long LastSlot, IReadOnlySet<long> Slots)
{
    public static IReadOnlyList<PartitionBatch> Of(IEnumerable<Claimant> batch, ClaimKeys keys) =>
        [.. batch.GroupBy(claimant => claimant.Partition).Select(partition => Of(partition.Key, [.. partition], keys))];

    private static PartitionBatch Of(int partition, IReadOnlyCollection<Claimant> records, ClaimKeys keys)
    {
        var slots = records.Select(record => keys.SlotOf(record.Envelope.receivedAt)).ToHashSet();
        var withNeighbours = slots.SelectMany(slot => new[] { slot - 1, slot, slot + 1 }).ToHashSet();
        return new PartitionBatch(partition, records.Min(record => record.Offset), records.Max(record => record.Offset), slots.Max(), withNeighbours);
    }
}

/// <summary>The claims of a partition that Redis has for the slots of a batch.</summary>
/// <param name="State">Null if Redis has no valid state.</param>
/// <param name="Complete">The slots of the batch that have all claims up to the state's position.</param>
public sealed record StoredClaims(ClaimState? State, IReadOnlySet<long> Complete)
{
    /// <summary>The batch's slots that are incomplete. A slot after the last one is complete, because no record before the batch belongs to it.</summary>
    public IReadOnlySet<long> Missing(PartitionBatch batch) =>
        batch.Slots.Where(slot => State is null || (slot <= State.LastSlot && !Complete.Contains(slot))).ToHashSet();

    /// <summary>
    /// The slots that become complete when all records up to <paramref name="lastSlot"/> are claimed. Later slots are still empty and need no marker.
    /// </summary>
    public static IEnumerable<long> NewSlots(ClaimState state, PartitionBatch batch, long lastSlot) =>
        batch.Slots.Where(slot => slot > state.LastSlot && slot <= lastSlot);
}
