using cdp;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>
/// The last events of a profile, the newest first. They are the greatest elements of a set by a total order, so they do not depend on the order of arrival.
/// </summary>
public static class Recent
{
    public static void Add(IList<RecentEvent> recent, Event e, int limit)
    {
        var timestamp = EventTime.Of(e);
        // An event older than a full list is not added: return before allocating anything for it.
        if (recent.Count == limit && timestamp < recent[^1].timestamp) return;
        var added = Bounded(e.messageId, e.type, e.type == "track" ? e.@event : e.name, timestamp);
        recent.Insert(IndexFor(recent, added), added);
        if (recent.Count > limit) recent.RemoveAt(limit);
    }

    public static IList<RecentEvent> Merged(IList<RecentEvent> a, IList<RecentEvent> b, int limit)
    {
        if (b.Count == 0) return a;
        var merged = new List<RecentEvent>(Math.Min(limit, a.Count + b.Count));
        for (var (i, j) = (0, 0); merged.Count < merged.Capacity;)
        {
            merged.Add(j == b.Count || (i < a.Count && Order.Compare(a[i], b[j]) >= 0) ? a[i++] : b[j++]);
        }
        return merged;
    }

    public static RecentEvent Bounded(RecentEvent e) => Bounded(e.messageId, e.type, e.name, EventTime.Known(e.timestamp));

    private static RecentEvent Bounded(string messageId, string type, string? name, DateTime timestamp) =>
        new() { messageId = Texts.MessageId(messageId), type = Texts.Type(type), name = name is null ? null : Texts.Name(name), timestamp = timestamp };

    // A linear search from the newest event: nearly every event is newer than all previous ones.
    private static int IndexFor(IList<RecentEvent> recent, RecentEvent added)
    {
        var at = 0;
        while (at < recent.Count && Order.Compare(recent[at], added) > 0) at++;
        return at;
    }
}
