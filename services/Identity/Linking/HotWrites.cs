using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>A decision and where it stands in identity.decisions.</summary>
public readonly record struct Decided(IdentityDecision Decision, long Offset);

/// <summary>
/// What decisions change of one profile. Each part is the same in whatever order writes arrive and however often: the least, the greatest, a union,
/// and for each identifier the word of the latest decision on it.
/// </summary>
/// <param name="First">The first decision among those at hand that made it more than one identifier; the least of all writes counts.</param>
/// <param name="Last">The last; the greatest of all writes counts.</param>
/// <param name="Identifiers">The decision with which each joined; negative: with which it left.</param>
/// <param name="Family">The profiles, other than what its identifiers imply, under which events of it may stand.</param>
/// <param name="Decisions">Where each decision on it stands, by sequence.</param>
public sealed record NodeWrite(long First, long Last, Dictionary<Identifier, long> Identifiers, HashSet<string> Family, Dictionary<long, long> Decisions)
{
    public static NodeWrite Empty => new(long.MaxValue, 0, new(IdentifierComparer.Instance), [], []);
}

/// <summary>
/// What decisions change in the hot state: one write a key, in which a later decision that the key has seen wins. The same whether the decisions
/// were just made or are read from the log.
/// </summary>
/// <param name="Roots">The root of each identifier that they named, and the decision that said so last.</param>
/// <param name="Nodes">By root.</param>
/// <param name="Ended">The roots that became part of another, and the decision. Of them only where their decisions stand is kept.</param>
public sealed record HotWrites(IReadOnlyDictionary<Identifier, (long Sequence, string Root)> Roots, IReadOnlyDictionary<string, NodeWrite> Nodes, IReadOnlyDictionary<string, long> Ended)
{
    /// <param name="decisions">In sequence.</param>
    public static HotWrites Of(IEnumerable<Decided> decisions)
    {
        var roots = new Dictionary<Identifier, (long, string)>(IdentifierComparer.Instance);
        var nodes = new Dictionary<string, NodeWrite>();
        var ended = new Dictionary<string, long>();
        foreach (var (decision, offset) in decisions)
        {
            var root = decision.into ?? decision.profileId;
            foreach (var identifier in decision.identifiers) roots[identifier] = (decision.sequence, root);
            foreach (var loser in decision.merged)
            {
                ended[loser] = decision.sequence;
                if (nodes.TryGetValue(loser, out var lost)) nodes[loser] = NodeWrite.Empty with { Last = lost.Last, Decisions = lost.Decisions };
            }
            Write(root, decision, offset, decision.sequence);
            if (decision.into is not null) Write(decision.profileId, decision, offset, -decision.sequence);
        }
        return new HotWrites(roots, nodes, ended);

        void Write(string root, IdentityDecision decision, long offset, long said)
        {
            var node = nodes.GetValueOrDefault(root) ?? NodeWrite.Empty;
            foreach (var identifier in decision.identifiers) node.Identifiers[identifier] = said;
            node.Family.UnionWith(decision.family);
            node.Decisions[decision.sequence] = offset;
            nodes[root] = node with { First = Math.Min(node.First, decision.sequence), Last = decision.sequence };
        }
    }
}
