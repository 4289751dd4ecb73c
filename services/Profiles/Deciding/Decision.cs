using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Rebuilding;
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
                Fold(profile, identified, identified.profileId, record.Position, ids, outbox);
                break;
            case EventForwarded forwarded:
                Fold(profile, forwarded.@event, forwarded.loserId, forwarded.origin, ids, outbox);
                break;
            case AccountEvent call:
                FoldAccount(profile, call, outbox);
                break;
            case ProfileMerged merged:
                End(profile, merged, outbox);
                break;
            case ProfileTransferred transferred:
                Absorb(profile, transferred, outbox);
                break;
            case ProfileRecomputed { sequence: 0 } correction:
                if (Correction.Apply(profile.State, correction) is { } corrected) profile.Changed(outbox.TraceParent, corrected);
                break;
            case ProfileSplit:
                // No state is divided yet. The events that follow go to the profiles that identity names; what was folded before stays here, and is counted.
                view.SplitsIgnored++;
                break;
        }
    }

    /// <summary>Each profile that the batch changed is written once, however many records changed it, to the partition number that its records came from.</summary>
    public static void Conclude(ProfilesView view, Outbox outbox)
    {
        foreach (var profile in view.Changed) outbox.Add(Topics.Profiles, profile.State.profileId, profile.State, profile.Partition, profile.TraceParent);
    }

    private static void Fold(Touched profile, IdentifiedEvent identified, string sentTo, RecordPosition origin, ProfileIds ids, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            outbox.Add(Topics.ProfilesTransfers, winner, new EventForwarded { winnerId = winner, loserId = sentTo, @event = identified, origin = origin });
            return;
        }
        Folding.Fold(profile.State, identified, origin, ids);
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
        if (!Folding.IsEmpty(profile.State)) Transfer(merged.winnerId, merged.loserId, merged.sequence, profile.State, outbox);
        var alias = Folding.Empty(merged.loserId);
        alias.mergedInto = merged.winnerId;
        profile.Changed(outbox.TraceParent, alias);
    }

    private static void Absorb(Touched profile, ProfileTransferred transferred, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            Transfer(winner, transferred.loserId, transferred.sequence, transferred.state, outbox);
            return;
        }
        if (!Sorted.Add(profile.State.absorbed, transferred.loserId, string.CompareOrdinal)) return;
        Folding.Merge(profile.State, transferred.state);
        profile.Changed(outbox.TraceParent);
    }

    private static void Transfer(string winnerId, string loserId, long sequence, Profile state, Outbox outbox) =>
        outbox.Add(Topics.ProfilesTransfers, winnerId, new ProfileTransferred { winnerId = winnerId, loserId = loserId, sequence = sequence, state = state });
}
