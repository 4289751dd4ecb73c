using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>What a request leads to, in the order in which it is written.</summary>
/// <param name="Decision">Null where there is nothing new to say of the identifiers.</param>
/// <param name="Merged">One for each profile that the decision ended.</param>
/// <param name="Identified">The event, under its root.</param>
/// <param name="Refused">What to remember, and its key, where identifiers stayed apart for the first time.</param>
public sealed record Outcome(IdentityDecision? Decision, IReadOnlyList<ProfileMerged> Merged, IdentifiedEvent Identified, (string Key, Refusal Refusal)? Refused = null);

/// <summary>Decides in one total order which identifiers are one customer. Replaying its decisions rebuilds the graph.</summary>
public static class Linker
{
    /// <param name="types">Their priorities and limits.</param>
    /// <param name="graph">Learns of the decision.</param>
    /// <param name="request">The event that ties its identifiers together, or only follows such an event.</param>
    /// <param name="position">Where the request stands.</param>
    /// <param name="now">The linker's clock.</param>
    public static Outcome Decide(IdentifierTypes types, Graph graph, LinkRequest request, RecordPosition position, DateTime now)
    {
        string[] roots = [.. request.identifiers.Select(graph.RootOf)];
        if (roots.All(root => root == roots[0])) return new Outcome(null, [], Identified(request, roots[0], request.identifiers, []));

        var isStated = Refusal.IsStated(request.validated.envelope);
        var key = Refusal.Key(types, isStated, request.identifiers);
        if (graph.RefusalOf(key, roots) is { } known)
        {
            var (own, apart) = known.Divide([.. request.identifiers]);
            return new Outcome(null, [], Identified(request, roots[0], own, apart));
        }

        var (union, reasons) = Fit(types, graph, request.identifiers, roots, isStated);
        List<Identifier> kept = [.. request.identifiers.Where((_, i) => reasons[i] is null)];
        List<DroppedIdentifier> dropped = [.. request.identifiers.Zip(reasons).Where(one => one.Second is not null)
            .Select(one => new DroppedIdentifier { type = one.First.type, value = one.First.value, reason = one.Second })];
        var decision = Decision(graph, request, union, kept, dropped, position, now);
        graph.Apply(decision);

        (string, Refusal)? refused = null;
        if (dropped.Count > 0)
        {
            var refusal = Refusal.Of(decision.sequence, [.. request.identifiers.Select(graph.RootOf)], reasons);
            graph.Remember(key, refusal);
            refused = (key, refusal);
        }
        return new Outcome(
            decision,
            [.. union.Losers.Select(loser => new ProfileMerged { loserId = loser.Root, winnerId = union.Winner.Root, sequence = decision.sequence, decidedAt = now })],
            Identified(request, union.Winner.Root, kept, dropped), refused);
    }

    /// <summary>
    /// The largest union that may be: as long as it may not, the identifier of lowest priority goes. The highest stays in any case, so that the event
    /// has a root.
    /// </summary>
    /// <returns>The union, and for each identifier that is none of it, why.</returns>
    private static (Union Union, string?[] Reasons) Fit(IdentifierTypes types, Graph graph, IEnumerable<Identifier> identifiers, string[] roots, bool isStated)
    {
        (Identifier, string Root)[] named = [.. identifiers.Zip(roots)];
        var reasons = new string?[named.Length];
        for (var count = named.Length; ; count--)
        {
            var union = new Union(types, graph, named.Take(count));
            if (union.Refused(types, isStated) is { } reason)
            {
                reasons[count - 1] = reason;
                continue;
            }
            // One that goes with another of the same root which stays is that root's all the same.
            var stay = named.Take(count).Select(one => one.Root).ToHashSet();
            for (var i = count; i < named.Length; i++)
            {
                if (stay.Contains(named[i].Root)) reasons[i] = null;
            }
            return (union, reasons);
        }
    }

    private static IdentityDecision Decision(Graph graph, LinkRequest request, Union union, List<Identifier> kept, List<DroppedIdentifier> dropped, RecordPosition position, DateTime now)
    {
        var (winner, losers) = (union.Winner, union.Losers);
        var joins = losers.Count > 0;
        var isMerge = losers.Any(loser => loser.Node is not null);
        return new IdentityDecision
        {
            sequence = graph.Sequence + 1,
            kind = isMerge ? DecisionKind.Merged : joins ? DecisionKind.Linked : dropped.Exists(one => one.reason == DropReason.Limit) ? DecisionKind.Limit : DecisionKind.Capped,
            profileId = winner.Root,
            identifiers = joins ? [.. kept.Union(losers.SelectMany(loser => loser.Names), IdentifierComparer.Instance)] : [],
            merged = [.. losers.Select(loser => loser.Root)],
            messageId = request.validated.envelope.messageId,
            request = position,
            decidedAt = now,
            dropped = dropped,
            merges = union.Merges,
            family = [.. losers.Where(loser => loser.Node is not null).SelectMany(loser => graph.IsImplied(loser.Root, loser.Names) ? loser.Node!.Family : loser.Node!.Family.Append(loser.Root))],
        };
    }

    private static IdentifiedEvent Identified(LinkRequest request, string root, IList<Identifier> kept, List<DroppedIdentifier> apart) => new()
    {
        profileId = root,
        validated = request.validated,
        identifiers = kept,
        origin = request.origin,
        dropped = apart.Count == 0 ? request.dropped : [.. request.dropped, .. apart],
    };
}
