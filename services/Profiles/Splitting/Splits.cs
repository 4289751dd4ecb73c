using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// The steps of a split. Opened: what the profile holds of the family is set aside, and what of the family is still on its way is added to it. Begun, when
/// nothing can be on its way as a state any more: the cuts are drawn, and what was set aside is folded anew from the log up to them, while newer events go to
/// whom they belong. Finished, when every event before the cuts has arrived too: what was folded anew, and what the log no longer has, take the place of what was set aside.
/// All functions are pure but for changing the profile, which is replaced as a whole where its state goes elsewhere.
/// </summary>
public static class Splits
{
    /// <summary>The profile with its state set aside.</summary>
    /// <exception cref="InvalidDataException">The record names no profile to split, or not one that comes out.</exception>
    public static Profile Open(Profile profile, ProfileSplit split, ProfileIds ids, StateCodec codec)
    {
        if (profile.mergedInto is { } winner) throw new InvalidDataException($"profile {profile.profileId} cannot be split (decision {split.sequence}): it became part of {winner}");
        if (split.into.Count != 1 || split.identifiers.Count == 0) throw new InvalidDataException($"the split of profile {split.profileId} (decision {split.sequence}) must name one profile that comes out and the identifiers that leave");

        var rest = Folding.Empty(profile.profileId);
        (rest.kind, rest.absorbed, rest.routes, rest.pending) = (profile.kind, profile.absorbed, profile.routes, profile.pending);
        var before = Folding.Empty(profile.profileId);
        Folding.Merge(before, profile);
        before.absorbed = [];
        PendingSplits.Put(rest, new PendingSplit
        {
            sequence = split.sequence,
            into = split.into[0],
            identifiers = split.identifiers,
            family = Family(profile, split, ids),
            cuts = [],
            before = codec.Encode(before),
        });
        return rest;
    }

    /// <summary>Whether a split may go on: an earlier one of the same events must be done first, because its outcome is divided again.</summary>
    public static bool IsNext(Profile profile, PendingSplit split) =>
        !profile.pending.Any(earlier => earlier.sequence < split.sequence && PendingSplits.Overlap(earlier, split));

    /// <param name="profile">The profile.</param>
    /// <param name="split">A split of it that is next and has not begun.</param>
    /// <param name="ends">Where the partitions of events.identified end now, sorted: behind everything that the profile has had of them.</param>
    public static void Begin(Profile profile, PendingSplit split, IList<RecordPosition> ends)
    {
        PendingSplits.Put(profile, PendingSplits.With(split, cuts: ends));
        Routes.Add(profile, [new SplitRoute { sequence = split.sequence, into = split.into, identifiers = split.identifiers }]);
    }

    /// <summary>Puts what was folded anew in its place, and answers what leaves with a report.</summary>
    public static (ProfileRecomputed Left, SplitReport Report) Finish(Profile profile, PendingSplit split, Recomputation anew, StateCodec codec)
    {
        var rest = Remainder.Of(codec.Decode(split.before), split, anew);
        PendingSplits.Remove(profile, split.sequence);
        var kept = Folding.Empty(profile.profileId);
        Folding.Merge(kept, anew.Kept);
        Folding.Merge(kept, rest);
        // A later split of the same events divides this outcome again.
        if (profile.pending.FirstOrDefault(later => !PendingSplits.HasBegun(later) && PendingSplits.Overlap(later, split)) is { } waiting) PendingSplits.Change(profile, waiting, codec, before => Folding.Merge(before, kept));
        else Folding.Merge(profile, kept);

        // Even where nothing left: with its own id among what it absorbed the other profile is never taken for one that nobody must hear of when it ends, and
        // whoever it becomes part of learns to route no events to it any more.
        anew.Left.absorbed = [split.into];
        var left = new ProfileRecomputed { profileId = split.into, sequence = split.sequence, state = anew.Left, cuts = split.cuts };
        return (left, new SplitReport(split.sequence, profile.profileId, split.into, anew.Kept.total, anew.Left.total, rest, anew.ReachesFrom));
    }

    /// <summary>Adds the state of a profile that became part of this one, or that a split gave it: to a split that sets such a profile's events aside, else to the state itself.</summary>
    public static void Absorb(Profile profile, Profile state, StateCodec codec)
    {
        var split = profile.pending.FirstOrDefault(split => PendingSplits.IsOfFamily(split, state.profileId));
        if (split is null) Folding.Merge(profile, state);
        else PendingSplits.Change(profile, split, codec, before => Folding.Merge(before, state));

        foreach (var profileId in state.absorbed) Sorted.Add(profile.absorbed, profileId, string.CompareOrdinal);
        foreach (var pending in state.pending) PendingSplits.Put(profile, pending);
        Routes.Add(profile, state.routes);
    }

    /// <summary>
    /// How many times a state or an event of the split's family may be passed on from one profile to the next before it is here: each passes it on to one
    /// that it had become part of, and none twice.
    /// </summary>
    public static int LongestWay(Profile profile, PendingSplit split) => split.family.Union(profile.absorbed).Count() + 1;

    /// <summary>Whether an end of the profile must be told to whoever it becomes part of, though nothing was folded in.</summary>
    public static bool Concern(Profile profile) => profile.pending.Count > 0 || profile.routes.Count > 0 || profile.absorbed.Count > 0;

    // Beyond what identity names: a profile that became part of this one after the decision and before the split arrived here, and what left before.
    private static List<string> Family(Profile profile, ProfileSplit split, ProfileIds ids) =>
    [
        .. split.family.Concat(profile.absorbed).Concat(profile.identifiers.Concat(profile.routes.SelectMany(route => route.identifiers)).Select(ids.Implied))
            .Append(profile.profileId).Distinct().Order(StringComparer.Ordinal),
    ];
}
