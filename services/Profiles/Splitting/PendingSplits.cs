using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// The pending splits of a profile, in order of their sequence. Once a split has begun, its state is kept apart from the state of the profile, so that it can
/// be replaced by the recomputed states, whatever events the profile gets meanwhile and whatever profile it is merged into. A split is replaced, never changed,
/// because several states may share it.
/// </summary>
public static class PendingSplits
{
    /// <summary>Whether the split has set the state aside. From then on its cuts determine which events are recomputed.</summary>
    public static bool HasBegun(PendingSplit split) => split.cuts.Count > 0;

    public static bool IsOfFamily(PendingSplit split, string profileId) => Sorted.Find(split.family, profileId, string.CompareOrdinal) >= 0;

    /// <summary>Whether a state may contain events that a begun split recomputes.</summary>
    public static bool MayOverlap(PendingSplit split, Profile state, StateCodec codec)
    {
        if (IsOfFamily(split, state.profileId)) return true;
        var division = new Division(split.identifiers, codec.Decode(split.before).identifiers);
        return state.identifiers.Any(identifier => division.Of(identifier) != Side.Unrelated);
    }

    public static PendingSplit? Find(Profile profile, long sequence) => profile.pending.FirstOrDefault(split => split.sequence == sequence);

    /// <summary>Adds a split, or replaces the one with the same sequence.</summary>
    public static void Put(Profile profile, PendingSplit split)
    {
        Remove(profile, split.sequence);
        Sorted.Add(profile.pending, split, (a, b) => a.sequence.CompareTo(b.sequence));
    }

    public static void Remove(Profile profile, long sequence) => profile.pending = [.. profile.pending.Where(split => split.sequence != sequence)];

    /// <summary>Everything known about the customer: the state of the profile merged with the states that begun splits hold.</summary>
    public static Profile Combined(Profile profile, StateCodec codec, Folding folding)
    {
        if (!profile.pending.Any(HasBegun)) return profile;
        var combined = Folding.Empty(profile.profileId);
        folding.Merge(combined, profile);
        foreach (var split in profile.pending.Where(HasBegun)) folding.Merge(combined, codec.Decode(split.before));
        (combined.absorbed, combined.sharedKeys) = (profile.absorbed, profile.sharedKeys);
        (combined.routes, combined.pending, combined.awaited) = (profile.routes, profile.pending, profile.awaited);
        return combined;
    }

    public static PendingSplit With(PendingSplit split, byte[] before, IList<RecordPosition> cuts, IList<string> family) => new()
    {
        sequence = split.sequence,
        into = split.into,
        identifiers = split.identifiers,
        family = family,
        cuts = cuts,
        before = before,
    };

    /// <summary>Folds an event or merges a state into the state that a begun split holds.</summary>
    public static void ChangeHeld(Profile profile, PendingSplit split, StateCodec codec, Folding folding, Action<Profile> change)
    {
        var before = codec.Decode(split.before);
        var (known, since) = (before.identifiers, before.since);
        (before.identifiers, before.since) = ([.. known], [.. since]);
        change(before);
        // Coverage depends on the fields identifiers and since, so these must not change in the held state. New ones go into the state of the profile.
        var added = Folding.Empty(profile.profileId);
        added.identifiers = [.. before.identifiers.Where(identifier => Sorted.Find(known, identifier, Order.Compare) < 0)];
        added.since = [.. before.since.Where(first => !since.Any(old => Order.ComparePartition(old, first) == 0 && old.offset == first.offset))];
        folding.Merge(profile, added);
        (before.identifiers, before.since) = (known, since);
        Put(profile, With(split, codec.Encode(before), split.cuts, split.family));
    }
}
