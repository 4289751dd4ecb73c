using cdp;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Graph;

/// <summary>A decision and its offset in identity.decisions.</summary>
public sealed record LoggedDecision(long Offset, IdentityDecision Decision);

/// <summary>
/// What decisions add to a node. If a node is written several times, the lowest <c>First</c>, the highest <c>Last</c> and <c>Merges</c>, and the latest
/// decision about each member apply.
/// </summary>
/// <param name="First">The first of the decisions that named it as root; 0 if none did and they only mention the node.</param>
/// <param name="Last">The last of the decisions that named it as root.</param>
/// <param name="Merges">How many profiles were merged into it.</param>
public sealed record NodeWrite(long First, long Last, int Merges)
{
    /// <summary>The identifiers that the decisions added, each with the decision's sequence; negative if the decision took the identifier out.</summary>
    public Dictionary<Identifier, long> Identifiers { get; } = new(IdentifierComparer.Instance);

    /// <inheritdoc cref="Node.Family"/>
    public HashSet<string> Family { get; } = [];

    /// <summary>The offset of each decision about the node in identity.decisions, by sequence.</summary>
    public Dictionary<long, long> Offsets { get; } = [];
}

/// <summary>
/// The changes that decisions make in Redis: one write for each key, determined by the latest decision about it. The writes are the same whether the
/// decisions were just made or are read from the log.
/// </summary>
/// <param name="Roots">The root of each identifier that they named, and the last decision about it.</param>
/// <param name="Nodes">Writes by root.</param>
/// <param name="Ended">The roots that were merged into another, and the decision.</param>
public sealed record GraphWrites(
    IReadOnlyDictionary<Identifier, (long Sequence, string Root)> Roots,
    IReadOnlyDictionary<string, NodeWrite> Nodes,
    IReadOnlyDictionary<string, long> Ended)
{
    /// <summary>The last split, which invalidates all refusals before it; 0 for none.</summary>
    public long LastSplit { get; init; }

    /// <summary>How often identifiers were kept apart; the latest count for each profile and kind.</summary>
    public IReadOnlyCollection<RefusalCount> RefusalCounts { get; init; } = [];

    /// <param name="decisions">Decisions in sequence.</param>
    public static GraphWrites Of(IEnumerable<LoggedDecision> decisions)
    {
        var roots = new Dictionary<Identifier, (long, string)>(IdentifierComparer.Instance);
        var nodes = new Dictionary<string, NodeWrite>();
        var ended = new Dictionary<string, long>();
        var counts = new Dictionary<(string, string), RefusalCount>();
        var lastSplit = 0L;
        foreach (var (offset, decision) in decisions)
        {
            NodeOf(decision.profileId).Offsets[decision.sequence] = offset;
            if (RefusalCount.Of(decision) is { } count) counts[(count.Root, count.Kind)] = count;
            if (DecisionKind.Joins(decision.kind)) Join(decision.profileId, decision, decision.merges);
            // A profile that only an identifier implied has no node that could end.
            foreach (var loser in decision.kind == DecisionKind.Merged ? decision.merged : []) ended[loser] = decision.sequence;
            if (decision.kind != DecisionKind.Split) continue;
            lastSplit = decision.sequence;
            Update(decision.profileId, decision, decision.merges, -decision.sequence);
            NodeOf(decision.into).Offsets[decision.sequence] = offset;
            Join(decision.into, decision, 0);
        }
        return new GraphWrites(roots, nodes, ended) { LastSplit = lastSplit, RefusalCounts = counts.Values };

        NodeWrite NodeOf(string root) => nodes.TryGetValue(root, out var node) ? node : nodes[root] = new NodeWrite(0, 0, 0);

        void Join(string root, IdentityDecision decision, int merges)
        {
            foreach (var identifier in decision.identifiers) roots[identifier] = (decision.sequence, root);
            Update(root, decision, merges, decision.sequence);
        }

        void Update(string root, IdentityDecision decision, int merges, long signedSequence)
        {
            var node = NodeOf(root);
            foreach (var identifier in decision.identifiers) node.Identifiers[identifier] = signedSequence;
            node.Family.UnionWith(decision.family);
            nodes[root] = node with { First = node.First == 0 ? decision.sequence : node.First, Last = decision.sequence, Merges = merges };
        }
    }
}
