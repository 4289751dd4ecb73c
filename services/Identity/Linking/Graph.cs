using cdp;
using Cdp.Contracts;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>A profile that decisions made: what is known of it beyond its id.</summary>
/// <param name="First">The sequence of the decision that first named it the root; smaller is older.</param>
/// <param name="Merges">How many profiles became part of it; an identifier that nothing was known of is none.</param>
/// <param name="Identifiers">All that belong to it.</param>
/// <param name="Family">Profiles that became part of it, or that it was part of, other than what its identifiers imply.</param>
public sealed record Node(long First, int Merges, HashSet<Identifier> Identifiers, HashSet<string> Family);

/// <summary>Who is who, as far as one batch of requests touches it. Read from Redis, then changed by each decision.</summary>
/// <param name="profileIds">What an identifier implies by itself.</param>
/// <param name="sequence">The last decision's.</param>
/// <param name="lastSplit">The last decision's that made a profile smaller; 0 for none.</param>
/// <param name="roots">The root of each identifier that a decision has named.</param>
/// <param name="nodes">By root; the graph's own from now on.</param>
/// <param name="refusals">By key.</param>
public sealed class Graph(
    ProfileIds profileIds, long sequence, long lastSplit, IReadOnlyDictionary<Identifier, string> roots, IReadOnlyDictionary<string, Node> nodes, IReadOnlyDictionary<string, Refusal> refusals)
{
    private readonly Dictionary<Identifier, string> _roots = new(roots, IdentifierComparer.Instance);
    private readonly Dictionary<string, Node> _nodes = new(nodes);
    private readonly Dictionary<string, Refusal> _refusals = new(refusals);
    private long _lastSplit = lastSplit;

    /// <summary>Of an empty installation.</summary>
    public Graph(ProfileIds profileIds) : this(profileIds, 0, 0, new Dictionary<Identifier, string>(), new Dictionary<string, Node>(), new Dictionary<string, Refusal>()) { }

    /// <summary>The last decision's.</summary>
    public long Sequence { get; private set; } = sequence;

    public string RootOf(Identifier identifier) => _roots.TryGetValue(identifier, out var root) ? root : Implied(identifier);

    /// <summary>The profile that an identifier is by itself.</summary>
    public string Implied(Identifier identifier) => profileIds.Implied(identifier);

    /// <summary>Null: no decision has named it, so it is what one identifier implies, and youngest of all.</summary>
    public Node? NodeOf(string root) => _nodes.GetValueOrDefault(root);

    public bool IsImplied(string root, IEnumerable<Identifier> identifiers) => identifiers.Any(identifier => profileIds.Implied(identifier) == root);

    /// <summary>What was answered to the combination before, where it would be answered again.</summary>
    public Refusal? RefusalOf(string key, IReadOnlyList<string> roots) =>
        _refusals.TryGetValue(key, out var refusal) && refusal.Holds(_lastSplit, Refusal.GroupsOf(roots)) ? refusal : null;

    public void Remember(string key, Refusal refusal) => _refusals[key] = refusal;

    public void Apply(IdentityDecision decision)
    {
        Sequence = decision.sequence;
        if (decision.kind == DecisionKind.Split) Split(decision);
        if (!DecisionKind.Joins(decision.kind)) return;
        if (!_nodes.TryGetValue(decision.profileId, out var node)) node = new Node(decision.sequence, 0, new(IdentifierComparer.Instance), []);
        node.Identifiers.UnionWith(decision.identifiers);
        node.Family.UnionWith(decision.family);
        _nodes[decision.profileId] = node with { Merges = decision.merges };
        foreach (var identifier in decision.identifiers) _roots[identifier] = decision.profileId;
        foreach (var loser in decision.merged) _nodes.Remove(loser);
    }

    private void Split(IdentityDecision decision)
    {
        _lastSplit = decision.sequence;
        var remaining = _nodes[decision.profileId];
        remaining.Identifiers.ExceptWith(decision.identifiers);
        remaining.Family.UnionWith(decision.family);
        _nodes[decision.into] = new Node(decision.sequence, 0, new(decision.identifiers, IdentifierComparer.Instance), [.. decision.family]);
        foreach (var identifier in decision.identifiers) _roots[identifier] = decision.into;
    }
}
