using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>Identifiers that joined a root.</summary>
/// <param name="First">The first decision among those at hand that named the root; the least of all writes counts.</param>
/// <param name="Last">The last; the greatest of all writes counts.</param>
/// <param name="Identifiers">What they added to it.</param>
public sealed record NodeWrite(long First, long Last, HashSet<Identifier> Identifiers);

/// <summary>
/// What decisions change in the hot state: one write a key, in which a later decision that the key has seen wins. The same whether the decisions
/// were just made or are read from the log.
/// </summary>
/// <param name="Roots">The root of each identifier that they named, and the decision that said so last.</param>
/// <param name="Nodes">By root.</param>
/// <param name="Ended">The roots that became part of another, and the decision.</param>
public sealed record HotWrites(IReadOnlyDictionary<Identifier, (long Sequence, string Root)> Roots, IReadOnlyDictionary<string, NodeWrite> Nodes, IReadOnlyDictionary<string, long> Ended)
{
    /// <param name="decisions">In sequence.</param>
    public static HotWrites Of(IEnumerable<IdentityDecision> decisions)
    {
        var roots = new Dictionary<Identifier, (long, string)>(IdentifierComparer.Instance);
        var nodes = new Dictionary<string, NodeWrite>();
        var ended = new Dictionary<string, long>();
        foreach (var decision in decisions)
        {
            foreach (var identifier in decision.identifiers) roots[identifier] = (decision.sequence, decision.profileId);
            foreach (var loser in decision.merged)
            {
                nodes.Remove(loser);
                ended[loser] = decision.sequence;
            }
            if (!nodes.TryGetValue(decision.profileId, out var node)) node = new NodeWrite(decision.sequence, decision.sequence, new(IdentifierComparer.Instance));
            node.Identifiers.UnionWith(decision.identifiers);
            nodes[decision.profileId] = node with { Last = decision.sequence };
        }
        return new HotWrites(roots, nodes, ended);
    }
}
