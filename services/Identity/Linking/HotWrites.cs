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
    /// <summary>What they added to it, each with the sequence of the decision.</summary>
    public Dictionary<Identifier, long> Identifiers { get; } = new(IdentifierComparer.Instance);

    /// <summary>As of <see cref="Node"/>.</summary>
    public HashSet<string> Family { get; } = [];

    /// <summary>Where the decisions about it stand.</summary>
    public HashSet<long> Offsets { get; } = [];

    /// <summary>The profiles whose histories are part of its own.</summary>
    public HashSet<string> Forebears { get; } = [];
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
        foreach (var (offset, decision) in decisions)
        {
            var node = nodes.GetValueOrDefault(decision.profileId) ?? new NodeWrite(0, 0, 0);
            if (DecisionKind.Joins(decision.kind))
            {
                var first = node.First == 0 ? decision.sequence : node.First;
                node = node with { First = first, Last = decision.sequence, Merges = decision.merges };
                foreach (var identifier in decision.identifiers)
                {
                    roots[identifier] = (decision.sequence, decision.profileId);
                    node.Identifiers[identifier] = decision.sequence;
                }
                foreach (var loser in decision.merged) ended[loser] = decision.sequence;
                node.Family.UnionWith(decision.family);
                node.Forebears.UnionWith(decision.merged);
            }
            node.Offsets.Add(offset);
            nodes[decision.profileId] = node;
        }
        return new HotWrites(roots, nodes, ended);
    }
}
