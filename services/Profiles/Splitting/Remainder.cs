using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>What a profile held and the log no longer has. Nobody can say whose it was, so it stays where it is.</summary>
public static class Remainder
{
    /// <param name="before">What was held.</param>
    /// <param name="split">The split.</param>
    /// <param name="anew">What was folded anew.</param>
    public static Profile Of(Profile before, PendingSplit split, Recomputation anew)
    {
        var rest = Folding.Empty(before.profileId);
        foreach (var (name, trait) in before.traits.Where(trait => !anew.Met(trait.Value.position))) rest.traits[name] = trait;
        foreach (var (name, count) in before.counts)
        {
            if (Rest(count, Found(anew.Kept, name), Found(anew.Left, name)) is { } left) rest.counts[name] = left;
        }
        rest.total = rest.counts.Values.Sum(count => count.count);
        rest.recent = [.. before.recent.Where(e => !anew.Met(e.messageId))];
        rest.accounts = [.. before.accounts.Where(link => !anew.Met(link.messageId))];
        if (rest.total == 0) return rest;

        (rest.firstSeen, rest.lastSeen) = (before.firstSeen, rest.counts.Values.Max(count => count.last));
        rest.identifiers = [.. before.identifiers.Where(identifier => !split.identifiers.Any(left => Order.Compare(left, identifier) == 0))];
        // The records that it began with: that they are gone tells whoever asks for the past that the log does not reach it.
        (rest.since, rest.reflects) = ([.. before.since], [.. before.since]);
        return rest;
    }

    private static EventCount? Found(Profile profile, string name) => profile.counts.TryGetValue(name, out var count) ? count : null;

    // What is gone from the log happened before what is left of it, as a rule; of events that came late the times are the nearest that can be said.
    private static EventCount? Rest(EventCount before, EventCount? kept, EventCount? left)
    {
        var count = before.count - (kept?.count ?? 0) - (left?.count ?? 0);
        if (count <= 0) return null;
        DateTime[] anew = [.. new[] { kept, left }.OfType<EventCount>().Select(part => part.first)];
        var last = anew is [] || before.last < anew.Min() ? before.last : anew.Min();
        return new EventCount { count = count, first = before.first, last = last };
    }
}
