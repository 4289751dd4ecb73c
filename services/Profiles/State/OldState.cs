using cdp;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>States that were written under different bounds, or before bounds existed.</summary>
public static class OldState
{
    public static bool IsOld(Profile state) => state.bounds != Bounds.Version;

    /// <summary>The state with its strings and times in their current form. The number of elements is cut later, when the state is merged.</summary>
    public static Profile Upgrade(Profile state)
    {
        var upgraded = Folding.Empty(state.profileId);
        (upgraded.kind, upgraded.total, upgraded.cut, upgraded.otherEvents) = (state.kind, state.total, state.cut, state.otherEvents);
        upgraded.identifiers = state.identifiers;
        upgraded.traits = state.traits.ToDictionary(trait => trait.Key, trait => new Trait
        {
            value = trait.Value.value,
            timestamp = EventTime.Known(trait.Value.timestamp),
            messageId = Texts.MessageId(trait.Value.messageId),
            position = trait.Value.position,
        });
        upgraded.cutTraits = state.cutTraits;
        upgraded.counts = state.counts.ToDictionary(count => count.Key, count => new EventCount
        {
            count = count.Value.count,
            first = EventTime.Known(count.Value.first),
            last = EventTime.Known(count.Value.last),
        });
        upgraded.firstSeen = Nearest(state.firstSeen, upgraded, EventTime.Earlier, count => count.first);
        upgraded.lastSeen = Nearest(state.lastSeen, upgraded, EventTime.Later, count => count.last);
        (upgraded.absorbed, upgraded.reflects, upgraded.since) = (state.absorbed, state.reflects, state.since);
        upgraded.recent = [.. state.recent.Select(Recent.Bounded).OrderDescending(Comparer<RecentEvent>.Create(Order.Compare))];
        upgraded.accounts = [.. state.accounts.Select(Accounts.Bounded)];
        upgraded.members = [.. state.members.Select(Accounts.Bounded)];
        return upgraded;
    }

    // An implausible first or last time hides the plausible ones of other events; the counts still have the times of events with other names.
    private static DateTime? Nearest(DateTime? seen, Profile upgraded, Func<DateTime, DateTime, DateTime> nearer, Func<EventCount, DateTime> time)
    {
        if (seen is null) return null;
        if (EventTime.Known(seen) is { } known) return known;
        return EventTime.Known((DateTime?)upgraded.counts.Values.Select(time).Append(EventTime.Unknown).Aggregate(nearer));
    }
}
