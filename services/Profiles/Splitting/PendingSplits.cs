using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// The splits that a profile has pending, by sequence. What one that has begun holds is not part of the state around it, so that it can be exchanged for what
/// is folded anew, whatever else the profile gets meanwhile and whichever profile it becomes part of. A split is never changed, only replaced, for states may share it.
/// </summary>
public static class PendingSplits
{
    /// <summary>From then on its cuts say what is folded anew.</summary>
    public static bool HasBegun(PendingSplit split) => split.cuts.Count > 0;

    public static bool IsOfFamily(PendingSplit split, string profileId) => Sorted.Find(split.family, profileId, string.CompareOrdinal) >= 0;

    /// <summary>Whether a state may have events that a split which has begun folds anew.</summary>
    public static bool Concerns(PendingSplit split, Profile state, StateCodec codec)
    {
        if (IsOfFamily(split, state.profileId)) return true;
        var known = codec.Decode(split.before).identifiers;
        return state.identifiers.Any(identifier => Sorted.Find(known, identifier, Order.Compare) >= 0 || split.identifiers.Any(left => Order.Compare(left, identifier) == 0));
    }

    public static PendingSplit? Find(Profile profile, long sequence) => profile.pending.FirstOrDefault(split => split.sequence == sequence);

    /// <summary>Adds a split, or puts it in the place of the one with its sequence.</summary>
    public static void Put(Profile profile, PendingSplit split)
    {
        Remove(profile, split.sequence);
        Sorted.Add(profile.pending, split, (a, b) => a.sequence.CompareTo(b.sequence));
    }

    public static void Remove(Profile profile, long sequence) => profile.pending = [.. profile.pending.Where(split => split.sequence != sequence)];

    /// <summary>The whole that is known of the customer now: the state and what splits that have begun hold.</summary>
    public static Profile Whole(Profile profile, StateCodec codec)
    {
        if (!profile.pending.Any(HasBegun)) return profile;
        var whole = Folding.Empty(profile.profileId);
        Folding.Merge(whole, profile);
        foreach (var split in profile.pending.Where(HasBegun)) Folding.Merge(whole, codec.Decode(split.before));
        (whole.absorbed, whole.sharedKeys) = (profile.absorbed, profile.sharedKeys);
        (whole.routes, whole.pending, whole.awaited) = (profile.routes, profile.pending, profile.awaited);
        return whole;
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

    /// <summary>Folds or merges something into what a split that has begun holds.</summary>
    public static void Change(Profile profile, PendingSplit split, StateCodec codec, Action<Profile> change)
    {
        var before = codec.Decode(split.before);
        var (known, since) = (before.identifiers, before.since);
        (before.identifiers, before.since) = ([.. known], [.. since]);
        change(before);
        // Coverage rests on these two: what is new in them stands in the state around.
        var news = Folding.Empty(profile.profileId);
        news.identifiers = [.. before.identifiers.Where(identifier => Sorted.Find(known, identifier, Order.Compare) < 0)];
        news.since = [.. before.since.Where(first => !since.Any(old => Order.ComparePartition(old, first) == 0 && old.offset == first.offset))];
        Folding.Merge(profile, news);
        (before.identifiers, before.since) = (known, since);
        Put(profile, With(split, codec.Encode(before), split.cuts, split.family));
    }
}
