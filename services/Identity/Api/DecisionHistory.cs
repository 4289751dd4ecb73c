using cdp;

namespace Cdp.Identity.Api;

/// <summary>A page of a profile's history.</summary>
/// <param name="Decisions">The decisions in order of their sequence.</param>
/// <param name="Earlier">The cursor of the page before this one; null if this page begins with the first decision.</param>
public sealed record HistoryPage(IReadOnlyList<IdentityDecision> Decisions, HistoryCursor? Earlier);

/// <summary>
/// The decisions that led to a profile: its own, those of the profiles that were merged into it, and those of the profile that it was split from. The history
/// is read from the last decision to the first, a page at a time, because only a profile's decisions show which profiles were merged into it.
/// </summary>
public static class DecisionHistory
{
    private static readonly Comparer<long> Descending = Comparer<long>.Create((a, b) => b.CompareTo(a));

    /// <summary>Reads a page.</summary>
    /// <param name="cursor">Where the page ends.</param>
    /// <param name="size">The maximum number of decisions.</param>
    /// <param name="readOffsets">Reads the offsets in identity.decisions of all decisions about a profile, by sequence.</param>
    /// <param name="readDecisions">Reads the decisions at the given offsets.</param>
    public static async Task<HistoryPage> PageAsync(
        HistoryCursor cursor,
        int size,
        Func<string, Task<IReadOnlyDictionary<long, long>>> readOffsets,
        Func<IEnumerable<long>, Task<IReadOnlyList<IdentityDecision>>> readDecisions)
    {
        var offsets = new SortedDictionary<long, long>(Descending);
        var read = new Dictionary<long, IdentityDecision>();
        var profiles = new Dictionary<string, (long Before, long First)>();
        foreach (var profile in cursor.Profiles) await AddAsync(profile, cursor.Before);
        while (true)
        {
            long[] page = [.. offsets.Keys.Take(size)];
            var unread = page.Where(sequence => !read.ContainsKey(sequence)).ToHashSet();
            if (unread.Count == 0) return Page(page);
            foreach (var decision in await readDecisions(unread.Select(sequence => offsets[sequence]))) read[decision.sequence] = decision;
            // The profiles merged by a decision add decisions that are older than it, but possibly newer than others on the page.
            foreach (var decision in page.Where(unread.Contains).Select(sequence => read[sequence]))
            {
                var earlier = profiles.ContainsKey(decision.into ?? "") ? [decision.profileId] : decision.merged;
                foreach (var profile in earlier) await AddAsync(profile, decision.sequence);
            }
        }

        // A profile may appear twice, if identifiers were split from it and later merged into it again. In that case, its decisions up to the later merge
        // belong to the history.
        async Task AddAsync(string profile, long before)
        {
            if (profiles.GetValueOrDefault(profile).Before >= before) return;
            var own = await readOffsets(profile);
            profiles[profile] = (before, own.Count == 0 ? long.MaxValue : own.Keys.Min());
            foreach (var (sequence, offset) in own.Where(one => one.Key < before)) offsets[sequence] = offset;
        }

        HistoryPage Page(long[] page) => new([.. page.Order().Select(sequence => read[sequence])], page.Length == offsets.Count ? null : Earlier(page[^1]));

        // Omits profiles without older decisions, and profiles that an older decision names, because that decision leads to them again.
        HistoryCursor Earlier(long first)
        {
            var remaining = profiles.Where(profile => profile.Value.Before >= first && profile.Value.First < first).Select(profile => profile.Key);
            return new HistoryCursor(first, [.. remaining.Order(StringComparer.Ordinal)]);
        }
    }
}
