using cdp;

namespace Cdp.Identity.Answering;

/// <summary>The decisions that led to a profile: its own, those of the profiles that became part of it, and those of the profile that it was split off.</summary>
public static class DecisionHistory
{
    /// <param name="root">The profile.</param>
    /// <param name="offsets">The decisions of a profile, by sequence: where each stands in identity.decisions.</param>
    /// <param name="read">The decisions at such places.</param>
    public static async Task<IReadOnlyList<IdentityDecision>> OfAsync(
        string root, Func<string, Task<IReadOnlyDictionary<long, long>>> offsets, Func<IEnumerable<long>, Task<IReadOnlyList<IdentityDecision>>> read)
    {
        var found = new SortedDictionary<long, IdentityDecision>();
        var asked = new Dictionary<string, long>();
        var open = new Queue<(string Profile, long Before)>([(root, long.MaxValue)]);
        while (open.TryDequeue(out var next))
        {
            // A profile may be asked for twice, when something was split off it and came back: then up to the later time.
            if (asked.GetValueOrDefault(next.Profile) >= next.Before) continue;
            asked[next.Profile] = next.Before;
            var own = await offsets(next.Profile);
            foreach (var decision in await read(own.Where(at => at.Key < next.Before && !found.ContainsKey(at.Key)).Select(at => at.Value))) found[decision.sequence] = decision;
            foreach (var decision in own.Keys.Where(sequence => sequence < next.Before).Select(sequence => found[sequence]))
            {
                foreach (var earlier in Earlier(decision, next.Profile)) open.Enqueue((earlier, decision.sequence));
            }
        }
        return [.. found.Values];
    }

    private static IEnumerable<string> Earlier(IdentityDecision decision, string profile) => decision.into == profile ? [decision.profileId] : decision.merged;
}
