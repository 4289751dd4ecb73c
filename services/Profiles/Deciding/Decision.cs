using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;

namespace Cdp.Profiles.Deciding;

/// <summary>
/// Decides what a record changes and what is sent on. Pure. A profile is either living, and folds events, or an alias: it was merged into another profile,
/// and everything that still arrives for it is forwarded there. The other profile may be an alias by then and forward it again.
/// </summary>
public static class Decision
{
    /// <summary>The profile that a record is for, which is the record's key.</summary>
    /// <exception cref="InvalidDataException">Neither input carries records of this type.</exception>
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

    /// <param name="view">The profiles of the batch, which are changed.</param>
    /// <param name="record">The record.</param>
    /// <param name="folding">Folds events into states.</param>
    /// <param name="outbox">Gets the records to send.</param>
    public static void Decide(ProfilesView view, Incoming record, Folding folding, Outbox outbox)
    {
        var profile = view[ProfileId(record)];
        switch (record.Value)
        {
            case IdentifiedEvent identified:
                Fold(view, profile, identified, identified.profileId, record.Position, folding, outbox);
                break;
            case EventForwarded forwarded:
                Fold(view, profile, forwarded.@event, forwarded.loserId, forwarded.origin, folding, outbox);
                break;
            // A call sent before its groupId was blocked must not create the account.
            case AccountEvent call when folding.LinkOf(call.@event.validated.envelope) is not null:
                folding.FoldAccount(profile.State, call);
                profile.Change(outbox.TraceParent);
                break;
            case ProfileMerged merged:
                Merge(view, profile, merged, outbox);
                break;
            case ProfileTransferred transferred:
                Absorb(view, profile, transferred, folding, outbox);
                break;
            case ProfileSplit split:
                var announcement = Splits.Open(profile.State, split, folding);
                outbox.Add(Topics.ProfilesTransfers, announcement.profileId, announcement);
                profile.Change(outbox.TraceParent);
                break;
            case SplitDue due:
                Advance(view.Splitting, profile, due.sequence, folding, outbox);
                break;
            case ProfileRecomputed { sequence: 0 } correction:
                if (Correction.Apply(profile.State, correction, folding) is { } corrected) profile.Change(outbox.TraceParent, corrected);
                break;
            case ProfileRecomputed recomputed:
                Receive(view, profile, recomputed, folding, outbox);
                break;
        }
    }

    /// <summary>
    /// Writes each changed profile once, however many records of the batch changed it, with its changed splits. The partition number is the same as that of the
    /// profile's records.
    /// </summary>
    public static void WriteChanged(ProfilesView view, Outbox outbox)
    {
        foreach (var profile in view.Changed)
        {
            // The parts are written before the profile, so that a reader of the profile finds the parts that it refers to.
            foreach (var split in profile.ChangedSplits) Add(HeldParts.Create(profile.State.profileId, split, view.Splitting.Codec));
            long[] removed = [.. profile.RemovedSplits];
            HeldParts.Detach(profile.State);
            Add(profile.State);
            foreach (var sequence in removed) Add(HeldParts.Deleted(profile.State.profileId, sequence));

            void Add(Profile state) => outbox.Add(Topics.Profiles, state.profileId, state, profile.Partition, profile.TraceParent);
        }
    }

    private static void Fold(
        ProfilesView view, TrackedProfile profile, IdentifiedEvent identified, string sentTo, RecordPosition origin, Folding folding, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            Forward(winner, sentTo, identified, origin, outbox);
            return;
        }
        var placement = Placement.Of(profile.State, identified, sentTo, origin, view.Splitting.Codec);
        if (placement.Route is { } route)
        {
            Forward(route.into, sentTo, placement.Event, origin, outbox);
            return;
        }
        if (placement.Split is { } split)
        {
            PendingSplits.ChangeHeld(profile.State, split, view.Splitting.Codec, folding, before => folding.Fold(before, placement.Event, origin));
        }
        else folding.Fold(profile.State, placement.Event, origin);
        // Sent by the profile that folds the event, not by one that forwards it, so that the account counts it once.
        if (folding.LinkOf(identified.validated.envelope) is { } link)
        {
            outbox.Add(Topics.ProfilesTransfers, link.accountId, new AccountEvent { accountId = link.accountId, @event = identified, origin = origin });
        }
        profile.Change(outbox.TraceParent);
    }

    private static void Merge(ProfilesView view, TrackedProfile profile, ProfileMerged merged, Outbox outbox)
    {
        if (merged.loserId == merged.winnerId)
        {
            throw new InvalidDataException($"profile {merged.loserId} cannot be merged into itself (decision {merged.sequence})");
        }
        // An alias has already transferred its state.
        if (profile.State.mergedInto is not null) return;
        if (!Folding.IsEmpty(profile.State) || Splits.HasLineage(profile.State))
        {
            foreach (var split in profile.State.pending)
            {
                Transfer(merged.winnerId, merged.loserId, merged.sequence, HeldParts.Create(merged.loserId, split, view.Splitting.Codec), outbox);
            }
            HeldParts.Detach(profile.State);
            Transfer(merged.winnerId, merged.loserId, merged.sequence, profile.State, outbox);
        }
        profile.Change(outbox.TraceParent, Folding.Alias(merged.loserId, merged.winnerId));
    }

    private static void Absorb(ProfilesView view, TrackedProfile profile, ProfileTransferred transferred, Folding folding, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            Transfer(winner, transferred.loserId, transferred.sequence, transferred.state, outbox);
            return;
        }
        if (profile.State.absorbed.Contains(transferred.loserId)) return;
        profile.Change(outbox.TraceParent);
        if (PartRecord.IsPart(transferred.state))
        {
            // The state of the loser follows in a separate transfer.
            PendingSplits.Put(profile.State, HeldParts.ToSplit(transferred.state, view.Splitting.Codec));
            return;
        }
        folding.AddAbsorbed(profile.State, [transferred.loserId]);
        Splits.Absorb(profile.State, transferred.state, view.Splitting.Codec, folding);
    }

    private static void Advance(SplittingView splitting, TrackedProfile profile, long sequence, Folding folding, Outbox outbox)
    {
        // The record is a duplicate, or the split has moved with its profile to another owner, whose job requests the step again.
        if (Splits.Next(profile.State) is not { } split || split.sequence != sequence) return;
        if (!PendingSplits.HasBegun(split))
        {
            profile.Change(outbox.TraceParent, Splits.Begin(profile.State, split, splitting.Ends, folding, splitting.Codec));
        }
        else if (splitting.Recomputed.TryGetValue(sequence, out var recomputed) && recomputed.IsOf(split))
        {
            var (splitOff, report) = Splits.Finish(profile.State, split, recomputed, splitting.Codec, folding);
            outbox.Add(Topics.ProfilesTransfers, splitOff.profileId, splitOff);
            splitting.Reports.Add(report);
            profile.Change(outbox.TraceParent);
        }
    }

    private static void Receive(ProfilesView view, TrackedProfile profile, ProfileRecomputed recomputed, Folding folding, Outbox outbox)
    {
        if (profile.State.mergedInto is { } winner)
        {
            var forwarded = new ProfileRecomputed
            {
                profileId = winner,
                sequence = recomputed.sequence,
                state = recomputed.state,
                cuts = recomputed.cuts,
            };
            outbox.Add(Topics.ProfilesTransfers, winner, forwarded);
            return;
        }
        Splits.Receive(profile.State, recomputed, view.Splitting.Codec, folding);
        profile.Change(outbox.TraceParent);
    }

    private static void Forward(string winnerId, string sentTo, IdentifiedEvent identified, RecordPosition origin, Outbox outbox) =>
        outbox.Add(Topics.ProfilesTransfers, winnerId, new EventForwarded { winnerId = winnerId, loserId = sentTo, @event = identified, origin = origin });

    private static void Transfer(string winnerId, string loserId, long sequence, Profile state, Outbox outbox)
    {
        var transfer = new ProfileTransferred { winnerId = winnerId, loserId = loserId, sequence = sequence, state = state };
        outbox.Add(Topics.ProfilesTransfers, winnerId, transfer);
    }
}
