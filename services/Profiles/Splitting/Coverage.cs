using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// Which events a split that has begun folds anew: those of its family that stand, in a partition of which the profile held events, between the first of
/// them and the cut, and that are of either side. Whoever reads the log and whoever gets an event that was still on its way must agree on it to the record;
/// so it rests on what is fixed when the split begins.
/// </summary>
/// <param name="split">A split that has begun.</param>
/// <param name="before">What it holds.</param>
public sealed class Coverage(PendingSplit split, Profile before)
{
    private readonly Division _division = new(split.identifiers, before.identifiers);

    public Division Division => _division;

    /// <param name="sentTo">The key under which the event stands in events.identified.</param>
    /// <param name="identified">The event.</param>
    /// <param name="position">Where it stands there.</param>
    public bool Covers(string sentTo, IdentifiedEvent identified, RecordPosition position) =>
        PendingSplits.IsOfFamily(split, sentTo)
        && Offset(before.since, position) is { } first && first <= position.offset
        && Offset(split.cuts, position) is { } cut && position.offset < cut
        && _division.Of(identified) is var side && side != Side.Elsewhere
        // What was sent to the other profile by its own name, it has.
        && !(side == Side.Left && sentTo == split.into);

    private static long? Offset(IList<RecordPosition> positions, RecordPosition at) =>
        Sorted.Find(positions, at, Order.ComparePartition) is >= 0 and var found ? positions[found].offset : null;
}
