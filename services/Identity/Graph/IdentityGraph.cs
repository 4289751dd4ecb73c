using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Graph;

/// <summary>A profile that was created by decisions.</summary>
/// <param name="First">The sequence of the decision that first named it as root. A lower number means an older profile.</param>
/// <param name="Merges">
/// How many profiles were merged into it. Profiles that consisted only of an identifier that no decision had named are not counted.
/// </param>
/// <param name="Identifiers">All its identifiers.</param>
/// <param name="Family">Ids of profiles that were merged into it or that it was split from, except those that its identifiers imply.</param>
public sealed record Node(long First, int Merges, HashSet<Identifier> Identifiers, HashSet<string> Family);

/// <summary>The part of the identity graph that one batch of requests needs. It is read from Redis and then changed by each decision.</summary>
/// <param name="profileIds">Computes the profile id that an identifier implies.</param>
/// <param name="sequence">The sequence of the last decision.</param>
/// <param name="lastSplit">The sequence of the last split; 0 for none.</param>
/// <param name="roots">The root of each identifier that a decision has named.</param>
/// <param name="nodes">Nodes by root; owned by the graph from now on.</param>
/// <param name="refusals">Refusals by <see cref="LinkRefusal.KeyOf"/>.</param>
/// <param name="refusalCounts">How often identifiers were kept apart, by profile and <see cref="RefusalCount.Kind"/>.</param>
public sealed class IdentityGraph(
    ProfileIds profileIds,
    long sequence,
    long lastSplit,
    IReadOnlyDictionary<Identifier, string> roots,
    IReadOnlyDictionary<string, Node> nodes,
    IReadOnlyDictionary<string, LinkRefusal> refusals,
    IReadOnlyDictionary<(string Root, string Kind), long>? refusalCounts = null)
{
    private readonly Dictionary<Identifier, string> _roots = new(roots, IdentifierComparer.Instance);
    private readonly Dictionary<string, Node> _nodes = new(nodes);
    private readonly Dictionary<string, LinkRefusal> _refusals = new(refusals);
    private readonly Dictionary<(string Root, string Kind), long> _refusalCounts = refusalCounts is null ? [] : new(refusalCounts);
    private long _lastSplit = lastSplit;

    /// <summary>The graph of an empty installation.</summary>
    public IdentityGraph(ProfileIds profileIds)
        : this(profileIds, 0, 0, new Dictionary<Identifier, string>(), new Dictionary<string, Node>(), new Dictionary<string, LinkRefusal>())
    {
    }

    /// <summary>The sequence of the last decision.</summary>
    public long Sequence { get; private set; } = sequence;

    public string RootOf(Identifier identifier) => _roots.TryGetValue(identifier, out var root) ? root : Implied(identifier);

    /// <summary>The profile id that an identifier implies without any decision.</summary>
    public string Implied(Identifier identifier) => profileIds.Implied(identifier);

    /// <summary>Null if no decision has named the root: such a root is implied by one identifier and counts as younger than any node.</summary>
    public Node? NodeOf(string root) => _nodes.GetValueOrDefault(root);

    public bool IsImplied(string root, IEnumerable<Identifier> identifiers) => identifiers.Any(identifier => profileIds.Implied(identifier) == root);

    /// <summary>The linker's earlier answer to the combination, if it is still valid.</summary>
    public LinkRefusal? RefusalOf(string key, IReadOnlyList<string> roots) =>
        _refusals.TryGetValue(key, out var refusal) && refusal.IsCurrent(_lastSplit, LinkRefusal.GroupsOf(roots)) ? refusal : null;

    public void AddRefusal(string key, LinkRefusal refusal) => _refusals[key] = refusal;

    /// <summary>Counts one more refusal.</summary>
    public RefusalCount CountRefusal(string root, string kind) =>
        new(root, kind, _refusalCounts[(root, kind)] = _refusalCounts.GetValueOrDefault((root, kind)) + 1);

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
