using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>What a request leads to, in the order in which it is written.</summary>
/// <param name="Decision">Null where the identifiers already belong together.</param>
/// <param name="Merged">One for each profile that the decision ended.</param>
/// <param name="Identified">The event, under its root.</param>
public sealed record Outcome(IdentityDecision? Decision, IReadOnlyList<ProfileMerged> Merged, IdentifiedEvent Identified);

/// <summary>Decides in one total order which identifiers are one customer. Replaying its decisions rebuilds the graph.</summary>
public static class Linker
{
    /// <param name="types">Their priorities.</param>
    /// <param name="graph">Learns of the decision.</param>
    /// <param name="request">The event that ties its identifiers together, or only follows such an event.</param>
    /// <param name="position">Where the request stands.</param>
    /// <param name="now">The linker's clock.</param>
    public static Outcome Decide(IdentifierTypes types, Graph graph, LinkRequest request, RecordPosition position, DateTime now)
    {
        var candidates = request.identifiers.GroupBy(graph.RootOf, (root, own) => new Candidate(types, root, graph.NodeOf(root), [.. own])).Order().ToList();
        var (winner, losers) = (candidates[0], candidates[1..]);
        var identified = new IdentifiedEvent { profileId = winner.Root, validated = request.validated, identifiers = request.identifiers, origin = request.origin, dropped = request.dropped };
        if (losers.Count == 0) return new Outcome(null, [], identified);

        var decision = new IdentityDecision
        {
            sequence = graph.Sequence + 1,
            // Every identifier implies a profile, which may have events already: to link it to another is to merge that profile.
            kind = "merged",
            profileId = winner.Root,
            identifiers = [.. request.identifiers.Union(losers.SelectMany(loser => loser.Names), IdentifierComparer.Instance)],
            merged = [.. losers.Select(loser => loser.Root)],
            messageId = request.validated.envelope.messageId,
            request = position,
            decidedAt = now,
        };
        graph.Apply(decision);
        return new Outcome(decision, [.. losers.Select(loser => new ProfileMerged { loserId = loser.Root, winnerId = winner.Root, sequence = decision.sequence, decidedAt = now })], identified);
    }

    /// <summary>A root that takes part; the first in order wins.</summary>
    private sealed record Candidate(IdentifierTypes Types, string Root, Node? Node, IReadOnlyList<Identifier> Own) : IComparable<Candidate>
    {
        public IEnumerable<Identifier> Names => Node is null ? Own : Node.Identifiers;

        // The best identifier it has, then its age, then something that every replay agrees on.
        private (int Priority, long First, string Root) Rank => (Names.Min(name => Types.Priority(name.type)), Node?.First ?? long.MaxValue, Root);

        public int CompareTo(Candidate? other)
        {
            var (a, b) = (Rank, other!.Rank);
            return (a.Priority, a.First).CompareTo((b.Priority, b.First)) is not 0 and var order ? order : string.CompareOrdinal(a.Root, b.Root);
        }
    }
}
