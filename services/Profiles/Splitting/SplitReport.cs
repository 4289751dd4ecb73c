using System.Text.Json;
using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>What became of a split: how many events each profile got anew, and what stayed because the log no longer reaches it.</summary>
/// <param name="Sequence">The decision.</param>
/// <param name="ProfileId">The profile that was split, or the one it had become part of.</param>
/// <param name="Into">The profile that came out.</param>
/// <param name="Kept">Events folded anew into the first.</param>
/// <param name="Left">Events folded anew into the second.</param>
/// <param name="Rest">What stayed with the first.</param>
/// <param name="ReachesFrom">From when on the log was complete; null where nothing was read.</param>
public sealed record SplitReport(long Sequence, string ProfileId, string Into, long Kept, long Left, Profile Rest, DateTime? ReachesFrom)
{
    /// <summary>As <c>HotState.SplitReport</c> describes it.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        sequence = Sequence,
        profile_id = ProfileId,
        into = Into,
        recomputed = new Dictionary<string, long> { [ProfileId] = Kept, [Into] = Left },
        kept = new
        {
            events = Rest.total,
            counts = Rest.counts.OrderBy(count => count.Key, StringComparer.Ordinal).ToDictionary(count => count.Key, count => count.Value.count),
            traits = Rest.traits.Keys.Order(StringComparer.Ordinal),
            before = ReachesFrom,
        },
    });
}
