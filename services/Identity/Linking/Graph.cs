using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>A profile that decisions made: what is known of it beyond its id.</summary>
/// <param name="First">The sequence of the decision that first named it the root; smaller is older.</param>
/// <param name="Identifiers">All that belong to it; grows with decisions.</param>
public sealed record Node(long First, HashSet<Identifier> Identifiers);

/// <summary>Who is who, as far as one batch of requests touches it. Read from Redis, then changed by each decision.</summary>
/// <param name="profileIds">What an identifier implies by itself.</param>
/// <param name="sequence">The last decision's.</param>
/// <param name="roots">The root of each identifier that a decision has named.</param>
/// <param name="nodes">By root; the graph's own from now on.</param>
public sealed class Graph(ProfileIds profileIds, long sequence, IReadOnlyDictionary<Identifier, string> roots, IReadOnlyDictionary<string, Node> nodes)
{
    private readonly Dictionary<Identifier, string> _roots = new(roots, IdentifierComparer.Instance);
    private readonly Dictionary<string, Node> _nodes = new(nodes);

    /// <summary>The last decision's.</summary>
    public long Sequence { get; private set; } = sequence;

    public string RootOf(Identifier identifier) => _roots.TryGetValue(identifier, out var root) ? root : profileIds.Implied(identifier);

    /// <summary>Null: no decision has named it, so it is what one identifier implies, and youngest of all.</summary>
    public Node? NodeOf(string root) => _nodes.GetValueOrDefault(root);

    public void Apply(IdentityDecision decision)
    {
        Sequence = decision.sequence;
        if (!_nodes.TryGetValue(decision.profileId, out var node)) _nodes[decision.profileId] = node = new Node(decision.sequence, new(IdentifierComparer.Instance));
        node.Identifiers.UnionWith(decision.identifiers);
        foreach (var identifier in decision.identifiers) _roots[identifier] = decision.profileId;
        foreach (var loser in decision.merged) _nodes.Remove(loser);
    }
}
