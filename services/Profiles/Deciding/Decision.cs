using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Streaming;

namespace Cdp.Profiles.Deciding;

/// <summary>
/// What becomes of a record. Pure. A profile either lives and folds, or is an alias: it became part of another, and whatever still arrives for it goes on
/// to that one, which may be an alias by now and pass it on again.
/// </summary>
public static class Decision
{
    /// <summary>The profile that a record is for: its key.</summary>
    /// <exception cref="InvalidDataException">The record is of a type that neither input carries.</exception>
    public static string ProfileId(Incoming record) => record.Value switch
    {
        IdentifiedEvent identified => identified.profileId,
        ProfileMerged merged => merged.loserId,
        ProfileSplit split => split.profileId,
        ProfileTransferred transferred => transferred.winnerId,
        EventForwarded forwarded => forwarded.winnerId,
        AccountEvent call => call.accountId,
        ProfileRecomputed recomputed => recomputed.profileId,
        SplitDue due => due.profileId,
        _ => throw new InvalidDataException($"{record.Value.Schema.Fullname} is not for a profile"),
    };

    /// <param name="view">The profiles of the batch.</param>
    /// <param name="record">The record.</param>
    /// <param name="ids">How a groupId becomes the id of an account.</param>
    /// <param name="outbox">Where it goes on to.</param>
    public static void Decide(ProfilesView view, Incoming record, ProfileIds ids, Outbox outbox)
    {
        var profile = view[ProfileId(record)];
        switch (record.Value)
        {
            case IdentifiedEvent identified:
                Fold(view, profile, identified, identified.profileId, record.Position, ids, outbox);
                break;
            case EventForwarded forwarded:
                Fold(view, profile, forwarded.@event, forwarded.loserId, forwarded.origin, ids, outbox);
                break;
            case AccountEvent call:
                FoldAccount(profile, call, outbox);
                break;
            case ProfileMerged merged:
                End(profile, merged, outbox);
                break;
            case ProfileTransferred transferred:
                Absorb(view, profile, transferred, outbox);
                break;
            case ProfileSplit split:
                var word = Splits.Open(profile.State, split);
                outbox.Add(Topics.ProfilesTransfers, word.profileId, word);
                profile.Changed(outbox.TraceParent);
                break;
            case SplitDue due:
                GoOn(view.Splitting, profile, due.sequence, ids, outbox);
                break;
            case ProfileRecomputed { sequence: 0 } correction:
                if (Correction.Apply(profile.State, correction) is { } corrected) profile.Changed(outbox.TraceParent, corrected);
                break;
            case ProfileRecomputed recomputed:
                Complete(view, profile, recomputed, outbox);
                break;
        }
    }

    /// <summary>Each profile that the batch changed is written once, however many records changed it, to the partition number that its records came from.</summary>
    public static void Conclude(ProfilesView view, Outbox outbox)
    {
        foreach (var profile in view.Changed) outbox.Add(Topics.Profiles, profile.State.profileId, profile.State, profile.Partition, profile.TraceParent);
    }

    private static void Fold(ProfilesView view, Touched profile, IdentifiedEvent identified, string sentTo, RecordPosition origin, ProfileIds ids, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            outbox.Add(Topics.ProfilesTransfers, winner, new EventForwarded { winnerId = winner, loserId = sentTo, @event = identified, origin = origin });
            return;
        }
        var placed = Placement.Of(profile.State, identified, sentTo, origin, view.Splitting.Codec);
        if (placed.Route is { } route)
        {
            outbox.Add(Topics.ProfilesTransfers, route.into, new EventForwarded { winnerId = route.into, loserId = sentTo, @event = placed.Event, origin = origin });
            return;
        }
        if (placed.Split is { } split) PendingSplits.Change(profile.State, split, view.Splitting.Codec, before => Folding.Fold(before, placed.Event, origin, ids));
        else Folding.Fold(profile.State, placed.Event, origin, ids);
        // Here, where the event is folded and not where it is only passed on: the account hears of it once.
        if (Accounts.LinkOf(identified.validated.envelope, ids) is { } link)
        {
            outbox.Add(Topics.ProfilesTransfers, link.accountId, new AccountEvent { accountId = link.accountId, @event = identified, origin = origin });
        }
        profile.Changed(outbox.TraceParent);
    }

    private static void FoldAccount(Touched account, AccountEvent call, Outbox outbox)
    {
        Folding.FoldAccount(account.State, call);
        account.Changed(outbox.TraceParent);
    }

    private static void End(Touched profile, ProfileMerged merged, Outbox outbox)
    {
        if (merged.loserId == merged.winnerId) throw new InvalidDataException($"profile {merged.loserId} cannot be merged into itself (decision {merged.sequence})");

        // An alias has nothing left to hand over.
        if (profile.State.mergedInto is not null) return;
        if (!Folding.IsEmpty(profile.State) || Splits.Concern(profile.State)) Transfer(merged.winnerId, merged.loserId, merged.sequence, profile.State, outbox);
        var alias = Folding.Empty(merged.loserId);
        alias.mergedInto = merged.winnerId;
        profile.Changed(outbox.TraceParent, alias);
    }

    private static void Absorb(ProfilesView view, Touched profile, ProfileTransferred transferred, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            Transfer(winner, transferred.loserId, transferred.sequence, transferred.state, outbox);
            return;
        }
        if (!Sorted.Add(profile.State.absorbed, transferred.loserId, string.CompareOrdinal)) return;
        Splits.Absorb(profile.State, transferred.state, view.Splitting.Codec);
        profile.Changed(outbox.TraceParent);
    }

    private static void GoOn(SplittingView splitting, Touched profile, long sequence, ProfileIds ids, Outbox outbox)
    {
        // A repetition, or a split that went on with its profile: whoever has it now is told by itself.
        if (Splits.Next(profile.State) is not { } split || split.sequence != sequence) return;
        if (!PendingSplits.HasBegun(split)) profile.Changed(outbox.TraceParent, Splits.Begin(profile.State, split, splitting.Ends, ids, splitting.Codec));
        else if (splitting.Recomputed.TryGetValue(sequence, out var anew) && anew.IsOf(split))
        {
            var (left, report) = Splits.Finish(profile.State, split, anew, splitting.Codec);
            outbox.Add(Topics.ProfilesTransfers, left.profileId, left);
            splitting.Reports.Add(report);
            profile.Changed(outbox.TraceParent);
        }
    }

    private static void Complete(ProfilesView view, Touched profile, ProfileRecomputed recomputed, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            outbox.Add(Topics.ProfilesTransfers, winner, new ProfileRecomputed { profileId = winner, sequence = recomputed.sequence, state = recomputed.state, cuts = recomputed.cuts });
            return;
        }
        Splits.Receive(profile.State, recomputed, view.Splitting.Codec);
        profile.Changed(outbox.TraceParent);
    }

    private static void Transfer(string winnerId, string loserId, long sequence, Profile state, Outbox outbox) =>
        outbox.Add(Topics.ProfilesTransfers, winnerId, new ProfileTransferred { winnerId = winnerId, loserId = loserId, sequence = sequence, state = state });
}
