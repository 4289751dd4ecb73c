using System.Text.Json;
using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>The result of a split: how many events were recomputed for each profile, and what was not divided because it is no longer in the log.</summary>
/// <param name="Sequence">The sequence number of the decision.</param>
/// <param name="ProfileId">The profile that was split, or the one it was merged into since.</param>
/// <param name="Into">The new profile.</param>
/// <param name="Kept">The number of events recomputed for the profile that was split.</param>
/// <param name="SplitOff">The number of events recomputed for the new profile.</param>
/// <param name="Remainder">The state that was not divided and stays with the profile that was split.</param>
/// <param name="ReachesFrom">The time from which the log was complete; null if nothing is missing.</param>
public sealed record SplitReport(long Sequence, string ProfileId, string Into, long Kept, long SplitOff, Profile Remainder, DateTime? ReachesFrom)
{
    /// <summary>The JSON that <c>HotStateKeys.SplitReport</c> documents.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        sequence = Sequence,
        profile_id = ProfileId,
        into = Into,
        recomputed = new Dictionary<string, long> { [ProfileId] = Kept, [Into] = SplitOff },
        kept = new
        {
            events = Remainder.total,
            counts = Remainder.counts.OrderBy(count => count.Key, StringComparer.Ordinal).ToDictionary(count => count.Key, count => count.Value.count),
            traits = Remainder.traits.Keys.Order(StringComparer.Ordinal),
            before = ReachesFrom,
        },
    });
}
