using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;

namespace Cdp.Identity.Linking;

/// <summary>A profile that an event's identifiers lead to, and that may become part of a union.</summary>
/// <param name="Root">Its id.</param>
/// <param name="Node">Null if one identifier implies the profile and no decision has named it.</param>
/// <param name="Identifiers">All its identifiers.</param>
/// <param name="BestPriority">The priority of its best identifier.</param>
internal sealed record Candidate(string Root, Node? Node, IReadOnlyCollection<Identifier> Identifiers, int BestPriority) : IComparable<Candidate>
{
    // Ordered by the best identifier, then by age, then by id, so that every replay agrees.
    public int CompareTo(Candidate? other)
    {
        var order = (BestPriority, Node?.First ?? long.MaxValue).CompareTo((other!.BestPriority, other.Node?.First ?? long.MaxValue));
        return order != 0 ? order : string.CompareOrdinal(Root, other.Root);
    }
}

/// <summary>
/// The profile that several profiles would become, while an event's identifiers are added to it in order. Each step counts only what it adds, so the cost of a
/// union grows with the number of its identifiers, not with that number times the number of profiles.
/// </summary>
internal sealed class Union(IdentifierTypes types, IdentityGraph graph, bool isStatement)
{
    private readonly Dictionary<string, Candidate> _candidates = [];
    private readonly Dictionary<string, (int Sum, int Candidates)> _counts = [];
    private Candidate? _winner;
    private int _identifiers;
    private int _nodes;
    private int _merges;
    private bool _exceedsLimit;

    /// <summary>The profile that remains. All others become part of it.</summary>
    public Candidate Winner => _winner!;

    public IReadOnlyList<Candidate> Losers => [.. _candidates.Values.Order().Skip(1)];

    public int Merges => _merges + _nodes - (Winner.Node is null ? 0 : 1);

    /// <summary>Why the union is not allowed; null if it is. A union that exceeds a limit stays that way, whatever is added.</summary>
    public string? RefusalReason =>
        _candidates.Count <= 1 ? null
        : _exceedsLimit && !isStatement ? DropReason.Limit
        : Merges > types.Caps.Merges || _identifiers > types.Caps.Identifiers ? DropReason.Capped
        : null;

    public bool Contains(string root) => _candidates.ContainsKey(root);

    /// <summary>Adds the profile of one of the event's identifiers, unless it is part of the union already.</summary>
    public void Add(Identifier identifier, string root)
    {
        if (_candidates.ContainsKey(root)) return;
        var node = graph.NodeOf(root);
        IReadOnlyCollection<Identifier> identifiers = node is null ? [identifier] : node.Identifiers;
        var bestPriority = int.MaxValue;
        foreach (var (type, count) in identifiers.CountBy(one => one.type))
        {
            bestPriority = Math.Min(bestPriority, types.Priority(type));
            var (sum, candidates) = _counts.GetValueOrDefault(type);
            (sum, candidates) = _counts[type] = (sum + count, candidates + 1);
            // A profile that a statement made larger than the limit can still be linked to profiles without identifiers of that type.
            _exceedsLimit |= candidates > 1 && sum > types.Limit(type);
        }
        var candidate = _candidates[root] = new Candidate(root, node, identifiers, bestPriority);
        if (_winner is null || candidate.CompareTo(_winner) < 0) _winner = candidate;
        (_identifiers, _nodes, _merges) = (_identifiers + identifiers.Count, _nodes + (node is null ? 0 : 1), _merges + (node?.Merges ?? 0));
    }
}
