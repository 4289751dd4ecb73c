using System.Numerics;
using cdp;

namespace Cdp.Identity.Graph;

/// <summary>
/// How often identifiers of a type were kept apart from a profile. Without the count, a sender that keeps sending new device ids with the same user id
/// would add a decision to the user's history with each event. If Redis loses the count, it starts over from that of the last decision.
/// </summary>
/// <param name="Root">The profile.</param>
/// <param name="Kind">The reason, and the type of the highest-priority identifier that was kept apart.</param>
/// <param name="Times">How often so far.</param>
public sealed record RefusalCount(string Root, string Kind, long Times)
{
    /// <summary>Whether this refusal is recorded as a decision: the first one is, then every one that doubles the count.</summary>
    public bool IsDecision => BitOperations.IsPow2(Times);

    /// <summary>The kind of a refusal.</summary>
    /// <param name="dropped">The identifiers that were kept apart, highest priority first.</param>
    public static string KindOf(IReadOnlyList<DroppedIdentifier> dropped) => $"{dropped[0].reason}:{dropped[0].type}";

    /// <summary>The count that a decision states; null if it is of another kind.</summary>
    public static RefusalCount? Of(IdentityDecision decision) =>
        decision.kind is DecisionKind.Limit or DecisionKind.Capped && decision.dropped.Count > 0
            ? new(decision.profileId, KindOf([.. decision.dropped]), Math.Max(1, decision.times))
            : null;
}
