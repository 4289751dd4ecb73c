using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;

namespace Cdp.Identity.Linking;

/// <summary>The result of a link request, in the order in which it is written.</summary>
/// <param name="Decision">Null if there is nothing to record about its identifiers.</param>
/// <param name="Merged">One record for each profile that the decision ended.</param>
/// <param name="Identified">The event, under its root.</param>
/// <param name="NewRefusal">The refusal to save, with its key, if identifiers of this combination were kept apart for the first time.</param>
/// <param name="NewCount">The count to save, if nothing was linked.</param>
public sealed record LinkResult(
    IdentityDecision? Decision,
    IReadOnlyList<ProfileMerged> Merged,
    IdentifiedEvent Identified,
    (string Key, LinkRefusal Refusal)? NewRefusal = null,
    RefusalCount? NewCount = null);

/// <summary>Decides in one total order which identifiers are one customer. Replaying its decisions rebuilds the graph.</summary>
public static class Linker
{
    /// <summary>Decides on a link request.</summary>
    /// <param name="types">Priorities, limits and caps.</param>
    /// <param name="graph">The graph, which is updated with the decision.</param>
    /// <param name="request">An event that connects identifiers, or that only has to stay behind such an event.</param>
    /// <param name="position">The position of the request in identity.requests.</param>
    /// <param name="now">The time of the decision.</param>
    public static LinkResult Decide(IdentifierTypes types, IdentityGraph graph, LinkRequest request, RecordPosition position, DateTime now)
    {
        string[] roots = [.. request.identifiers.Select(graph.RootOf)];
        if (roots.All(root => root == roots[0])) return new LinkResult(null, [], Identified(request, roots[0], request.identifiers, []));

        var key = LinkRefusal.KeyOf(types, request.validated.envelope, request.identifiers);
        if (graph.RefusalOf(key, roots) is { } known)
        {
            var (used, apart) = known.Divide([.. request.identifiers]);
            return new LinkResult(null, [], Identified(request, roots[0], used, apart));
        }

        var (union, reasons) = Fit(types, graph, request.identifiers, roots, Basis.IsStatement(request.validated.envelope));
        List<Identifier> kept = [.. request.identifiers.Where((_, i) => reasons[i] is null)];
        List<DroppedIdentifier> dropped = [.. request.identifiers.Zip(reasons).Where(one => one.Second is not null)
            .Select(one => new DroppedIdentifier { type = one.First.type, value = one.First.value, reason = one.Second })];
        var count = union.Losers.Count == 0 ? graph.CountRefusal(union.Winner.Root, RefusalCount.KindOf(dropped)) : null;
        var decision = count is { IsDecision: false } ? null : Decision(graph, request, union, kept, dropped, count?.Times ?? 0, position, now);
        if (decision is not null) graph.Apply(decision);

        (string, LinkRefusal)? newRefusal = null;
        if (dropped.Count > 0)
        {
            var refusal = LinkRefusal.Of(graph.Sequence, [.. request.identifiers.Select(graph.RootOf)], reasons);
            graph.AddRefusal(key, refusal);
            newRefusal = (key, refusal);
        }
        return new LinkResult(
            decision,
            [.. union.Losers.Select(loser => Merged(loser, union.Winner, graph.Sequence, now))],
            Identified(request, union.Winner.Root, kept, dropped),
            newRefusal,
            count);
    }

    /// <summary>
    /// The identifiers that an event can link: of each type, the first ones, up to the number that a profile may have. The others can never be linked, so
    /// nothing has to be read about them, and the cost of an event is bounded. Statements are not limited.
    /// </summary>
    public static IEnumerable<Identifier> Linkable(IdentifierTypes types, LinkRequest request)
    {
        var surplus = Surplus(types, request.identifiers, Basis.IsStatement(request.validated.envelope));
        return request.identifiers.Where((_, i) => !surplus[i]);
    }

    private static bool[] Surplus(IdentifierTypes types, IList<Identifier> identifiers, bool isStatement)
    {
        var (surplus, counts) = (new bool[identifiers.Count], new Dictionary<string, int>());
        for (var i = 0; i < surplus.Length && !isStatement; i++)
        {
            var type = identifiers[i].type;
            surplus[i] = (counts[type] = counts.GetValueOrDefault(type) + 1) > types.Limit(type);
        }
        return surplus;
    }

    /// <summary>
    /// Finds the largest allowed union: identifiers are added from the highest priority on until one does not fit. That identifier and those after it are kept
    /// apart. The first always fits, so the event has a root.
    /// </summary>
    /// <returns>The union, and for each identifier the reason why it is kept apart; null if it is part of the union.</returns>
    private static (Union Union, string?[] Reasons) Fit(
        IdentifierTypes types, IdentityGraph graph, IList<Identifier> identifiers, string[] roots, bool isStatement)
    {
        var (surplus, reasons, fitting) = (Surplus(types, identifiers, isStatement), new string?[roots.Length], 0);
        var tried = new Union(types, graph, isStatement);
        for (var i = 0; i < roots.Length; i++)
        {
            // A union over a limit stays over it. A union over a cap may still exceed a limit, which is the better reason to report, so it keeps growing.
            if (!surplus[i] && tried.RefusalReason != DropReason.Limit) tried.Add(identifiers[i], roots[i]);
            reasons[i] = surplus[i] ? DropReason.Limit : tried.RefusalReason;
            if (reasons[i] is null) fitting = i + 1;
        }
        var union = new Union(types, graph, isStatement);
        for (var i = 0; i < fitting; i++)
        {
            if (reasons[i] is null) union.Add(identifiers[i], roots[i]);
        }
        // An identifier that was refused but has the same root as one in the union still belongs to that root.
        for (var i = 0; i < roots.Length; i++)
        {
            if (reasons[i] is not null && union.Contains(roots[i])) reasons[i] = null;
        }
        return (union, reasons);
    }

    private static IdentityDecision Decision(
        IdentityGraph graph,
        LinkRequest request,
        Union union,
        List<Identifier> kept,
        List<DroppedIdentifier> dropped,
        long times,
        RecordPosition position,
        DateTime now)
    {
        var (winner, losers) = (union.Winner, union.Losers);
        return new IdentityDecision
        {
            sequence = graph.Sequence + 1,
            kind = KindOf(losers, dropped),
            profileId = winner.Root,
            identifiers = losers.Count > 0 ? [.. kept.Union(losers.SelectMany(loser => loser.Identifiers), IdentifierComparer.Instance)] : [],
            merged = [.. losers.Select(loser => loser.Root)],
            messageId = request.validated.envelope.messageId,
            request = position,
            decidedAt = now,
            dropped = dropped,
            merges = union.Merges,
            times = times,
            basis = Basis.Of(request.validated.envelope),
            family = [.. losers.Where(loser => loser.Node is not null).SelectMany(loser => FamilyOf(graph, loser))],
        };
    }

    private static string KindOf(IReadOnlyList<Candidate> losers, List<DroppedIdentifier> dropped)
    {
        if (losers.Any(loser => loser.Node is not null)) return DecisionKind.Merged;
        if (losers.Count > 0) return DecisionKind.Linked;
        return dropped.Exists(one => one.reason == DropReason.Limit) ? DecisionKind.Limit : DecisionKind.Capped;
    }

    private static IEnumerable<string> FamilyOf(IdentityGraph graph, Candidate loser) =>
        graph.IsImplied(loser.Root, loser.Identifiers) ? loser.Node!.Family : loser.Node!.Family.Append(loser.Root);

    private static ProfileMerged Merged(Candidate loser, Candidate winner, long sequence, DateTime now) =>
        new() { loserId = loser.Root, winnerId = winner.Root, sequence = sequence, decidedAt = now };

    private static IdentifiedEvent Identified(LinkRequest request, string root, IList<Identifier> kept, List<DroppedIdentifier> apart) => new()
    {
        profileId = root,
        validated = request.validated,
        identifiers = kept,
        origin = request.origin,
        dropped = apart.Count == 0 ? request.dropped : [.. request.dropped, .. apart],
    };
}
