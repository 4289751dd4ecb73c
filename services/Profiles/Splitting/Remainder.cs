using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// The part of a split profile's state whose events are no longer in the log. Their owner cannot be determined, so they stay with the profile that was split.
/// Identifiers are divided separately: see <see cref="Splits.Finish"/>.
/// </summary>
public static class Remainder
{
    /// <param name="before">The state that the split held.</param>
    /// <param name="recomputed">The states recomputed from the log.</param>
    public static Profile Of(Profile before, Recomputation recomputed)
    {
        var rest = Folding.Empty(before.profileId);
        foreach (var (name, trait) in before.traits.Where(trait => !recomputed.HasFound(trait.Value.position))) rest.traits[name] = trait;
        rest.cutTraits = [.. before.cutTraits.Where(cut => !recomputed.HasFound(cut.position))];
        foreach (var (name, count) in before.counts)
        {
            if (Missing(count, Count(recomputed.Kept, name), Count(recomputed.SplitOff, name)) is { } missing) rest.counts[name] = missing;
        }
        if (before.otherEvents is { } other
            && Missing(Count(other), OtherThan(before, recomputed.Kept), OtherThan(before, recomputed.SplitOff)) is { } others)
        {
            rest.otherEvents = new OtherEvents { count = others.count, first = others.first, last = others.last, from = other.from };
        }
        List<EventCount> counts = [.. rest.counts.Values];
        if (rest.otherEvents is { } unnamed) counts.Add(Count(unnamed));
        rest.total = counts.Sum(count => count.count);
        rest.recent = [.. before.recent.Where(e => !recomputed.HasFound(e.messageId))];
        rest.accounts = [.. before.accounts.Where(link => !recomputed.HasFound(link.messageId))];
        if (rest.total == 0) return rest;

        (rest.cut, rest.largeTraits) = ([.. before.cut], [.. before.largeTraits]);
        (rest.firstSeen, rest.lastSeen) = (before.firstSeen, EventTime.Known((DateTime?)counts.Max(count => count.last)));
        // The first records of the profile. They are gone, which shows readers of past states that the log does not reach back far enough.
        (rest.since, rest.reflects) = ([.. before.since], [.. before.since]);
        return rest;
    }

    private static EventCount Count(OtherEvents other) => new() { count = other.count, first = other.first, last = other.last };

    private static EventCount? Count(Profile profile, string name) => profile.counts.TryGetValue(name, out var count) ? count : null;

    // The recomputed state may list under its own name an event that the held state had to count under otherEvents.
    private static EventCount? OtherThan(Profile before, Profile recomputed)
    {
        List<EventCount> parts = [.. recomputed.counts.Where(count => !before.counts.ContainsKey(count.Key)).Select(count => count.Value)];
        if (recomputed.otherEvents is { } other) parts.Add(Count(other));
        return parts is [] ? null : parts.Aggregate(Counts.Sum);
    }

    // Events that are gone from the log usually happened before those that are left. For late events these times are the best available estimate.
    private static EventCount? Missing(EventCount before, EventCount? kept, EventCount? splitOff)
    {
        var count = before.count - (kept?.count ?? 0) - (splitOff?.count ?? 0);
        if (count <= 0) return null;
        DateTime[] found = [.. new[] { kept, splitOff }.OfType<EventCount>().Select(part => part.first).Where(first => first != EventTime.Unknown)];
        var last = found is [] || before.last < found.Min() ? before.last : found.Min();
        return new EventCount { count = count, first = before.first, last = last };
    }
}
