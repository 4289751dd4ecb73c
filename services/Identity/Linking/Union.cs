using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>A root that an event touches.</summary>
/// <param name="Root">Its id.</param>
/// <param name="Node">Null where it is what one identifier implies.</param>
/// <param name="Names">All its identifiers.</param>
/// <param name="Best">The priority of the best of them.</param>
internal sealed record Part(string Root, Node? Node, IReadOnlyCollection<Identifier> Names, int Best) : IComparable<Part>
{
    // The best identifier it has, then its age, then something that every replay agrees on.
    public int CompareTo(Part? other)
    {
        var order = (Best, Node?.First ?? long.MaxValue).CompareTo((other!.Best, other.Node?.First ?? long.MaxValue));
        return order != 0 ? order : string.CompareOrdinal(Root, other.Root);
    }
}

/// <summary>What several roots would be as one.</summary>
internal sealed class Union
{
    private readonly List<Part> _parts;

    public Union(IdentifierTypes types, Graph graph, IEnumerable<(Identifier Identifier, string Root)> named)
    {
        _parts = [.. named.GroupBy(one => one.Root, one => one.Identifier).Select(group => Part(types, graph.NodeOf(group.Key), group))];
        _parts.Sort();
    }

    public Part Winner => _parts[0];

    public IReadOnlyList<Part> Losers => _parts[1..];

    public int Merges => _parts.Sum(part => part.Node?.Merges ?? 0) + Losers.Count(loser => loser.Node is not null);

    /// <summary>Why it may not be; null where it may.</summary>
    public string? Refused(IdentifierTypes types, bool isStated)
    {
        if (_parts.Count == 1) return null;
        if (!isStated && ExceedsALimit(types)) return DropReason.Limit;
        return Merges > types.Caps.Merges || _parts.Sum(part => part.Names.Count) > types.Caps.Identifiers ? DropReason.Capped : null;
    }

    // A profile that a statement made larger than the limit is not frozen: what adds nothing of the type still joins it.
    private bool ExceedsALimit(IdentifierTypes types)
    {
        var counts = new Dictionary<string, (int Sum, int Worst)>();
        foreach (var part in _parts)
        {
            foreach (var (type, count) in part.Names.CountBy(name => name.type))
            {
                var (sum, worst) = counts.GetValueOrDefault(type);
                counts[type] = (sum + count, Math.Max(worst, count));
            }
        }
        return counts.Any(count => count.Value.Sum > types.Limit(count.Key) && count.Value.Sum > count.Value.Worst);
    }

    private static Part Part(IdentifierTypes types, Node? node, IGrouping<string, Identifier> own)
    {
        IReadOnlyCollection<Identifier> names = node is null ? [.. own] : node.Identifiers;
        return new Part(own.Key, node, names, names.Min(name => types.Priority(name.type)));
    }
}
