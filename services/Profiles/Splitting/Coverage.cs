using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// Decides which events a split that has begun recomputes. They are stored under a key of its family, in a partition from which the profile had events, between
/// the first of those events and the cut, and they belong to either side. The reader of the log and the loop, when it gets an event that was in transit, must
/// agree on every single record. So the decision uses only what is fixed when the split begins.
/// </summary>
/// <param name="split">A split that has begun.</param>
/// <param name="before">The state it holds.</param>
public sealed class Coverage(PendingSplit split, Profile before)
{
    public Division Division { get; } = new(split.identifiers, before.identifiers);

    /// <param name="sentTo">The key under which the event is stored in events.identified.</param>
    /// <param name="identified">The event.</param>
    /// <param name="position">Its position there.</param>
    public bool Covers(string sentTo, IdentifiedEvent identified, RecordPosition position) =>
        PendingSplits.IsOfFamily(split, sentTo)
        && Offset(before.since, position) is { } first && first <= position.offset
        && Offset(split.cuts, position) is { } cut && position.offset < cut
        && Division.Of(identified) is var side && side != Side.Unrelated
        // An event sent to the new profile by its own id has been folded there.
        && !(side == Side.SplitOff && sentTo == split.into);

    private static long? Offset(IList<RecordPosition> positions, RecordPosition at) =>
        Sorted.Find(positions, at, Order.ComparePartition) is >= 0 and var found ? positions[found].offset : null;
}
