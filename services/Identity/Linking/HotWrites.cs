using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>A decision, and its offset in identity.decisions.</summary>
public sealed record LoggedDecision(long Offset, IdentityDecision Decision);

/// <summary>What joined a root. Of all writes of a node the least first, the greatest last and merges, and of each member the last word count.</summary>
/// <param name="First">The first decision among those at hand that named it the root; 0: none did, it is only spoken of.</param>
/// <param name="Last">The last.</param>
/// <param name="Merges">How many profiles became part of it.</param>
public sealed record NodeWrite(long First, long Last, int Merges)
{
    /// <summary>What they added to it, each with the sequence of the decision; below zero: what they took out.</summary>
    public Dictionary<Identifier, long> Identifiers { get; } = new(IdentifierComparer.Instance);

    /// <summary>As of <see cref="Node"/>.</summary>
    public HashSet<string> Family { get; } = [];

    /// <summary>Where the decisions about it stand, by sequence.</summary>
    public Dictionary<long, long> Offsets { get; } = [];
}

/// <summary>
/// What decisions change in the hot state: one write a key, in which a later decision that the key has seen wins. The same whether the decisions
/// were just made or are read from the log.
/// </summary>
/// <param name="Roots">The root of each identifier that they named, and the decision that said so last.</param>
/// <param name="Nodes">By root.</param>
/// <param name="Ended">The roots that became part of another, and the decision.</param>
public sealed record HotWrites(IReadOnlyDictionary<Identifier, (long Sequence, string Root)> Roots, IReadOnlyDictionary<string, NodeWrite> Nodes, IReadOnlyDictionary<string, long> Ended)
{
    /// <summary>The last decision that made a profile smaller, which ends what was remembered of refusals; 0 for none.</summary>
    public long LastSplit { get; init; }

    /// <param name="decisions">In sequence.</param>
    public static HotWrites Of(IEnumerable<LoggedDecision> decisions)
    {
        var roots = new Dictionary<Identifier, (long, string)>(IdentifierComparer.Instance);
        var nodes = new Dictionary<string, NodeWrite>();
        var ended = new Dictionary<string, long>();
        var lastSplit = 0L;
        foreach (var (offset, decision) in decisions)
        {
            Of(decision.profileId).Offsets[decision.sequence] = offset;
            if (DecisionKind.Joins(decision.kind)) Join(decision.profileId, decision, decision.merges);
            // What only a bare identifier implied has no node that could end.
            foreach (var loser in decision.kind == DecisionKind.Merged ? decision.merged : []) ended[loser] = decision.sequence;
            if (decision.kind != DecisionKind.Split) continue;
            lastSplit = decision.sequence;
            Say(decision.profileId, decision, decision.merges, -decision.sequence);
            Of(decision.into).Offsets[decision.sequence] = offset;
            Join(decision.into, decision, 0);
        }
        return new HotWrites(roots, nodes, ended) { LastSplit = lastSplit };

        NodeWrite Of(string root) => nodes.TryGetValue(root, out var node) ? node : nodes[root] = new NodeWrite(0, 0, 0);

        void Join(string root, IdentityDecision decision, int merges)
        {
            foreach (var identifier in decision.identifiers) roots[identifier] = (decision.sequence, root);
            Say(root, decision, merges, decision.sequence);
        }

        void Say(string root, IdentityDecision decision, int merges, long said)
        {
            var node = Of(root);
            foreach (var identifier in decision.identifiers) node.Identifiers[identifier] = said;
            node.Family.UnionWith(decision.family);
            nodes[root] = node with { First = node.First == 0 ? decision.sequence : node.First, Last = decision.sequence, Merges = merges };
        }
    }
}
