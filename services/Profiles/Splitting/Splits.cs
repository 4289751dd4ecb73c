using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// The steps of a split.
/// <list type="number">
/// <item>Open: the profile records the split and continues as before.</item>
/// <item>Begin, once no state in transit can arrive any more: the cuts are fixed, and the state of the profile is set aside to be recomputed from the log up
/// to the cuts. Newer events go to their owners from now on.</item>
/// <item>Finish, once every event before the cuts has arrived: the recomputed states, and the remainder that is no longer in the log, replace the state that
/// was set aside.</item>
/// </list>
/// </summary>
public static class Splits
{
    /// <summary>Records a split, and returns the announcement for the new profile.</summary>
    /// <exception cref="InvalidDataException">
    /// The profile was merged into another; or the record does not name exactly one new profile and at least one identifier; or it names too many.
    /// </exception>
    public static ProfileRecomputed Open(Profile profile, ProfileSplit split, Folding folding)
    {
        if (profile.mergedInto is { } winner)
        {
            throw new InvalidDataException($"profile {profile.profileId} cannot be split (decision {split.sequence}): it was merged into {winner}");
        }
        if (split.into.Count != 1 || split.identifiers.Count == 0)
        {
            throw new InvalidDataException(
                $"the split of profile {split.profileId} (decision {split.sequence}) must name exactly one new profile and the identifiers to take out");
        }
        if (split.identifiers.Count > folding.Bounds.Routed)
        {
            throw new InvalidDataException(
                $"the split of profile {split.profileId} (decision {split.sequence}) takes out {split.identifiers.Count} identifiers; "
                + $"the maximum is {folding.Bounds.Routed}");
        }
        PendingSplits.Put(profile, new PendingSplit
        {
            sequence = split.sequence,
            into = split.into[0],
            identifiers = [.. split.identifiers.Select(Texts.Compared)],
            family = Family(split.family, folding.Bounds),
            cuts = [],
            before = [],
        });
        return new ProfileRecomputed { profileId = split.into[0], sequence = split.sequence, state = Folding.Empty(split.into[0]), cuts = [] };
    }

    /// <summary>
    /// The split that can take its next step; null if there is none. Splits are processed one at a time in order: the next split divides the result of the
    /// previous one, including any state that this profile, or one merged into it, still awaits from an earlier split.
    /// </summary>
    public static PendingSplit? Next(Profile profile)
    {
        if (profile.pending.FirstOrDefault(PendingSplits.HasBegun) is { } begun) return begun;
        return profile.pending.FirstOrDefault() is { } first && !profile.awaited.Any(sequence => sequence < first.sequence) ? first : null;
    }

    /// <summary>Sets the state of the profile aside, and returns the profile without it.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="split">Its next split, which has not begun.</param>
    /// <param name="ends">The current end offsets of events.identified, sorted. Every event that the profile has is before them.</param>
    /// <param name="folding">Folds events into states.</param>
    /// <param name="codec">Encodes the state that is set aside.</param>
    public static Profile Begin(Profile profile, PendingSplit split, IList<RecordPosition> ends, Folding folding, StateCodec codec)
    {
        var before = Folding.Empty(profile.profileId);
        folding.Merge(before, profile);
        before.absorbed = [];
        // Includes profiles that were merged into this one after identity decided the split.
        var family = Family(split.family.Concat(profile.absorbed).Append(profile.profileId), folding.Bounds);

        var rest = Folding.Empty(profile.profileId);
        (rest.kind, rest.absorbed, rest.sharedKeys) = (profile.kind, profile.absorbed, profile.sharedKeys);
        Cuts.CopyLineage(rest, profile);
        (rest.routes, rest.pending, rest.awaited) = (profile.routes, profile.pending, profile.awaited);
        PendingSplits.Put(rest, PendingSplits.With(split, codec.Encode(before), ends, family));
        Routes.Add(rest, [new SplitRoute { sequence = split.sequence, into = split.into, identifiers = split.identifiers }], folding.Bounds);
        return rest;
    }

    /// <summary>
    /// Replaces the state that was set aside with the recomputed one, and returns the state of the new profile with a report. Identifiers are divided, not
    /// recomputed: an event of one side may be the only one that names an identifier of the other, and the state of the new profile must be complete on its
    /// own, because that profile may have been merged back already.
    /// </summary>
    public static (ProfileRecomputed SplitOff, SplitReport Report) Finish(
        Profile profile, PendingSplit split, Recomputation recomputed, StateCodec codec, Folding folding)
    {
        var before = codec.Decode(split.before);
        var rest = Remainder.Of(before, recomputed);
        PendingSplits.Remove(profile, split.sequence);
        folding.Merge(profile, recomputed.Kept);
        folding.Merge(profile, rest);
        var sides = before.identifiers.ToLookup(new Division(split.identifiers, before.identifiers).Of);
        folding.AddIdentifiers(profile, sides[Side.Kept]);
        folding.AddIdentifiers(recomputed.SplitOff, sides[Side.SplitOff]);

        // The new profile lists itself as absorbed, even if it got no event. Otherwise it could count as empty when it is merged, and its winner would not
        // learn to stop routing events to it.
        recomputed.SplitOff.absorbed = [split.into];
        folding.AddSharedKeys(recomputed.SplitOff, split.family);
        var splitOff = new ProfileRecomputed { profileId = split.into, sequence = split.sequence, state = recomputed.SplitOff, cuts = split.cuts };
        var report = new SplitReport(
            split.sequence, profile.profileId, split.into, recomputed.Kept.total, recomputed.SplitOff.total, rest, recomputed.ReachesFrom);
        return (splitOff, report);
    }

    /// <summary>Applies what a split sends to the new profile: first the announcement, later the state.</summary>
    public static void Receive(Profile profile, ProfileRecomputed recomputed, StateCodec codec, Folding folding)
    {
        if (recomputed.cuts.Count == 0)
        {
            Sorted.Add(profile.awaited, recomputed.sequence, Ascending);
            return;
        }
        profile.awaited = [.. profile.awaited.Where(sequence => sequence != recomputed.sequence)];
        Absorb(profile, recomputed.state, codec, folding);
    }

    /// <summary>Adds the state of a profile that was merged into this one, or the state that a split created.</summary>
    public static void Absorb(Profile profile, Profile state, StateCodec codec, Folding folding)
    {
        // Events that a begun split recomputes must not be counted a second time: a state that may contain some of them is set aside as well.
        var overlapping = profile.pending.FirstOrDefault(split => PendingSplits.HasBegun(split)
            && !state.pending.Any(own => own.sequence == split.sequence)
            && PendingSplits.MayOverlap(split, state, codec));
        if (overlapping is not null) PendingSplits.ChangeHeld(profile, overlapping, codec, folding, before => folding.Merge(before, state));
        else folding.Merge(profile, state);

        folding.AddAbsorbed(profile, state.absorbed);
        folding.AddSharedKeys(profile, state.sharedKeys);
        foreach (var sequence in state.awaited) Sorted.Add(profile.awaited, sequence, Ascending);
        // These are only references; the parts they refer to have already arrived.
        foreach (var pending in state.pending.Where(pending => !HeldParts.IsReference(pending))) PendingSplits.Put(profile, pending);
        Routes.Add(profile, state.routes, folding.Bounds);
    }

    /// <summary>
    /// How many times a state or an event of the split's family can be forwarded before it arrives: each profile forwards it to the one it was merged into,
    /// and no profile does so twice.
    /// </summary>
    public static int MaxHops(Profile profile, PendingSplit split) => split.family.Union(profile.absorbed).Count() + 1;

    /// <summary>Whether the profile has lineage that the winner of a merge must learn of, even if no event was folded in.</summary>
    public static bool HasLineage(Profile profile) =>
        profile.pending.Count > 0 || profile.routes.Count > 0 || profile.absorbed.Count > 0 || profile.awaited.Count > 0;

    private static string[] Family(IEnumerable<string> profileIds, Bounds bounds) =>
        [.. profileIds.Distinct().Order(StringComparer.Ordinal).Take(bounds.Family)];

    private static int Ascending(long a, long b) => a.CompareTo(b);
}
