using cdp;

namespace Cdp.Profiles.State;

/// <summary>The last events of a profile, the newest first. The greatest of a set by a total order are the same in whichever order the set came.</summary>
public static class Recent
{
    public const int Limit = 100;

    public static void Add(IList<RecentEvent> recent, Event e)
    {
        // Most events are newer than all before them, but one that fell behind a full list is not worth an object.
        if (recent.Count == Limit && e.timestamp < recent[^1].timestamp) return;
        var added = new RecentEvent { messageId = e.messageId, type = e.type, name = e.type == "track" ? e.@event : e.name, timestamp = e.timestamp };
        recent.Insert(Place(recent, added), added);
        if (recent.Count > Limit) recent.RemoveAt(Limit);
    }

    public static IList<RecentEvent> Merged(IList<RecentEvent> a, IList<RecentEvent> b)
    {
        if (b.Count == 0) return a;
        var merged = new List<RecentEvent>(Math.Min(Limit, a.Count + b.Count));
        for (var (i, j) = (0, 0); merged.Count < merged.Capacity;)
        {
            merged.Add(j == b.Count || (i < a.Count && Order.Compare(a[i], b[j]) >= 0) ? a[i++] : b[j++]);
        }
        return merged;
    }

    /// <summary>Before the first that is not greater.</summary>
    private static int Place(IList<RecentEvent> recent, RecentEvent added)
    {
        var at = 0;
        while (at < recent.Count && Order.Compare(recent[at], added) > 0) at++;
        return at;
    }
}
