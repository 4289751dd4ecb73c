using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// The steps of a split. Opened: the profile remembers it and goes on as before. Begun, when nothing that was on its way can still arrive as a state: the cuts are
/// drawn, what the profile holds is set aside to be folded anew from the log up to them, and newer events go to whom they belong. Finished, when every event
/// before the cuts has arrived too: what was folded anew, and what the log no longer has, take the place of what was set aside.
/// </summary>
public static class Splits
{
    /// <summary>Remembers a split, and answers the word of it for the profile that comes out.</summary>
    /// <exception cref="InvalidDataException">The profile has ended, or the record does not name one profile that comes out and what leaves.</exception>
    public static ProfileRecomputed Open(Profile profile, ProfileSplit split)
    {
        if (profile.mergedInto is { } winner) throw new InvalidDataException($"profile {profile.profileId} cannot be split (decision {split.sequence}): it became part of {winner}");
        if (split.into.Count != 1 || split.identifiers.Count == 0) throw new InvalidDataException($"the split of profile {split.profileId} (decision {split.sequence}) must name one profile that comes out and the identifiers that leave");

        PendingSplits.Put(profile, new PendingSplit
        {
            sequence = split.sequence,
            into = split.into[0],
            identifiers = split.identifiers,
            family = [.. split.family.Distinct().Order(StringComparer.Ordinal)],
            cuts = [],
            before = [],
        });
        return new ProfileRecomputed { profileId = split.into[0], sequence = split.sequence, state = Folding.Empty(split.into[0]), cuts = [] };
    }

    /// <summary>
    /// The split that can go on; null where none can. One after the other, in their order: the outcome of one is divided again by the next, and so is what
    /// the profile itself, or one that is part of it, is still to get from an earlier split.
    /// </summary>
    public static PendingSplit? Next(Profile profile) =>
        profile.pending.FirstOrDefault(PendingSplits.HasBegun)
        ?? profile.pending.Take(1).FirstOrDefault(split => !profile.awaited.Any(sequence => sequence < split.sequence));

    /// <summary>Sets the state aside, and answers the profile without it.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="split">Its next split, which has not begun.</param>
    /// <param name="ends">Where the partitions of events.identified end now, sorted: behind everything that the profile has had of them.</param>
    /// <param name="ids">What an identifier implies.</param>
    /// <param name="codec">For what is set aside.</param>
    public static Profile Begin(Profile profile, PendingSplit split, IList<RecordPosition> ends, ProfileIds ids, StateCodec codec)
    {
        var before = Folding.Empty(profile.profileId);
        Folding.Merge(before, profile);
        before.absorbed = [];
        // Beyond what identity knew when it decided: whatever the profile has had until now.
        string[] family = [.. split.family.Concat(profile.absorbed).Append(profile.profileId).Distinct().Order(StringComparer.Ordinal)];

        var rest = Folding.Empty(profile.profileId);
        (rest.kind, rest.absorbed, rest.sharedKeys) = (profile.kind, profile.absorbed, profile.sharedKeys);
        (rest.routes, rest.pending, rest.awaited) = (profile.routes, profile.pending, profile.awaited);
        PendingSplits.Put(rest, PendingSplits.With(split, codec.Encode(before), ends, family));
        Routes.Add(rest, [new SplitRoute { sequence = split.sequence, into = split.into, identifiers = split.identifiers }]);
        return rest;
    }

    /// <summary>Puts what was folded anew in its place, and answers what leaves with a report.</summary>
    public static (ProfileRecomputed Left, SplitReport Report) Finish(Profile profile, PendingSplit split, Recomputation anew, StateCodec codec)
    {
        var rest = Remainder.Of(codec.Decode(split.before), split, anew);
        PendingSplits.Remove(profile, split.sequence);
        Folding.Merge(profile, anew.Kept);
        Folding.Merge(profile, rest);

        // Even where nothing left: with its own id among what it absorbed the other profile is never taken for one that nobody must hear of when it ends, and
        // whoever it becomes part of learns to route no events to it any more.
        anew.Left.absorbed = [split.into];
        anew.Left.sharedKeys = [.. split.family];
        var left = new ProfileRecomputed { profileId = split.into, sequence = split.sequence, state = anew.Left, cuts = split.cuts };
        return (left, new SplitReport(split.sequence, profile.profileId, split.into, anew.Kept.total, anew.Left.total, rest, anew.ReachesFrom));
    }

    /// <summary>What a split gives to the profile that came out of it: word that it is to come, then the state.</summary>
    public static void Receive(Profile profile, ProfileRecomputed recomputed, StateCodec codec)
    {
        if (recomputed.cuts.Count == 0)
        {
            Sorted.Add(profile.awaited, recomputed.sequence, Ascending);
            return;
        }
        profile.awaited = [.. profile.awaited.Where(sequence => sequence != recomputed.sequence)];
        Absorb(profile, recomputed.state, codec);
    }

    /// <summary>Adds the state of a profile that became part of this one, or that a split gave it.</summary>
    public static void Absorb(Profile profile, Profile state, StateCodec codec)
    {
        // Events that are being folded anew must not count beside what is folded anew: what has some of them is set aside, too.
        if (profile.pending.FirstOrDefault(split => PendingSplits.HasBegun(split) && PendingSplits.Concerns(split, state, codec)) is { } split)
        {
            PendingSplits.Change(profile, split, codec, before => Folding.Merge(before, state));
        }
        else Folding.Merge(profile, state);

        foreach (var profileId in state.absorbed) Sorted.Add(profile.absorbed, profileId, string.CompareOrdinal);
        foreach (var profileId in state.sharedKeys) Sorted.Add(profile.sharedKeys, profileId, string.CompareOrdinal);
        foreach (var sequence in state.awaited) Sorted.Add(profile.awaited, sequence, Ascending);
        foreach (var pending in state.pending) PendingSplits.Put(profile, pending);
        Routes.Add(profile, state.routes);
    }

    /// <summary>
    /// How many times a state or an event of the split's family may be passed on from one profile to the next before it is here: each passes it on to one
    /// that it had become part of, and none twice.
    /// </summary>
    public static int LongestWay(Profile profile, PendingSplit split) => split.family.Union(profile.absorbed).Count() + 1;

    /// <summary>Whether the end of the profile must be told to whoever it becomes part of, though nothing was folded in.</summary>
    public static bool Concern(Profile profile) => profile.pending.Count > 0 || profile.routes.Count > 0 || profile.absorbed.Count > 0 || profile.awaited.Count > 0;

    private static int Ascending(long a, long b) => a.CompareTo(b);
}
