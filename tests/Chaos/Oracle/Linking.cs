using Cdp.Chaos.People;
using Cdp.Contracts;

namespace Cdp.Chaos.Oracle;

/// <summary>What a request leads to.</summary>
/// <param name="Decision">Null where there is nothing new to say.</param>
/// <param name="Root">The profile that the event is of.</param>
/// <param name="Apart">The identifiers of the event that stay apart.</param>
public sealed record Answer(Decided? Decision, string Root, IReadOnlyList<Id> Apart);

/// <summary>
/// The rules of linking once more, plainly: everything in memory, one request after the other. Which request comes first is taken from the log; what follows from
/// that order is decided here.
/// </summary>
public sealed class Linking(Rules rules, ProfileIds profileIds)
{
    private readonly Dictionary<Id, string> _roots = [];
    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Dictionary<string, string> _ended = [];
    private readonly Dictionary<string, (string Groups, IReadOnlyList<Id> Apart)> _answers = [];
    private long _sequence;

    /// <summary>The identifiers that a decision has named.</summary>
    public IEnumerable<Id> Named => _roots.Keys;

    public string RootOf(Id id) => _roots.TryGetValue(id, out var root) ? root : profileIds.Implied(id.ToRecord());

    /// <summary>What a profile has become.</summary>
    public string Living(string profileId)
    {
        while (_ended.TryGetValue(profileId, out var winner)) profileId = winner;
        return profileId;
    }

    /// <summary>What the request of an event leads to.</summary>
    /// <param name="e">The event.</param>
    /// <param name="request">Where its request stands.</param>
    /// <param name="isForgotten">The linker has said no to it again: its memory of having done so is Redis's alone, and may be lost. It changes nothing.</param>
    public Answer Decide(Sent e, long request, bool isForgotten)
    {
        if (e.Ids.Select(RootOf).Distinct().Count() == 1) return new Answer(null, RootOf(e.Ids[0]), []);
        // A statement is judged otherwise than an event, so the answer to one says nothing of the other.
        var question = $"{IsStatement(e)}\n{string.Join('\n', e.Ids)}";
        if (!isForgotten && _answers.TryGetValue(question, out var known) && known.Groups == Groups(e)) return new Answer(null, RootOf(e.Ids[0]), known.Apart);

        var (ids, apart) = (e.Ids.ToList(), new Dictionary<Id, string>());
        while (Objection(Parts(ids), IsStatement(e)) is { } reason)
        {
            apart[ids[^1]] = reason;
            ids.RemoveAt(ids.Count - 1);
        }
        // One of the same profile as another that stays has nothing to stay apart from.
        var stay = ids.Select(RootOf).ToHashSet();
        foreach (var id in apart.Keys.Where(id => stay.Contains(RootOf(id))).ToList()) apart.Remove(id);

        var decision = Join(e, request, [.. e.Ids.Where(id => !apart.ContainsKey(id))], apart);
        if (apart.Count > 0) _answers[question] = (Groups(e), [.. apart.Keys]);
        return new Answer(decision, RootOf(e.Ids[0]), [.. apart.Keys]);
    }

    private Decided Join(Sent e, long request, List<Id> ids, Dictionary<Id, string> apart)
    {
        var (sequence, dropped) = (++_sequence, apart.Select(drop => (drop.Key, drop.Value)).ToHashSet());
        Part[] parts = [.. Parts(ids).OrderBy(part => part.Ids.Min(rules.Priority)).ThenBy(part => part.Node?.First ?? long.MaxValue).ThenBy(part => part.Root, StringComparer.Ordinal)];
        var (winner, losers) = (parts[0], parts[1..]);
        if (losers.Length == 0) return new Decided(sequence, apart.ContainsValue("limit") ? "limit" : "capped", winner.Root, new HashSet<Id>(), new HashSet<string>(), dropped, e.Index, request);

        var joined = ids.Concat(losers.SelectMany(loser => loser.Ids)).ToHashSet();
        var ended = losers.Select(loser => loser.Root).ToHashSet();
        var isMerge = losers.Any(loser => loser.Node is not null);
        var node = winner.Node ?? new Node(sequence, []);
        node.Merges = Merges(parts);
        node.Ids.UnionWith(joined);
        _nodes[winner.Root] = node;
        foreach (var id in joined) _roots[id] = winner.Root;
        foreach (var loser in ended)
        {
            _nodes.Remove(loser);
            _ended[loser] = winner.Root;
        }
        return new Decided(sequence, isMerge ? "merged" : "linked", winner.Root, joined, ended, dropped, e.Index, request);
    }

    // What is over a limit already, by a statement or an older configuration, may still grow in other ways.
    private string? Objection(IReadOnlyList<Part> parts, bool isStatement)
    {
        if (parts.Count == 1) return null;
        var all = parts.SelectMany(part => part.Ids).ToHashSet();
        var isTooMany = all.GroupBy(id => id.Type).Any(type => type.Count() > Math.Max(rules.Limit(type.Key), parts.Max(part => part.Ids.Count(id => id.Type == type.Key))));
        if (isTooMany && !isStatement) return "limit";
        return all.Count > rules.MostIdentifiers || Merges(parts) > rules.MostMerges ? "capped" : null;
    }

    private List<Part> Parts(IEnumerable<Id> ids) => [.. ids.GroupBy(RootOf).Select(own => new Part(own.Key, _nodes.GetValueOrDefault(own.Key), [.. own]))];

    private string Groups(Sent e)
    {
        var roots = e.Ids.Select(RootOf).ToList();
        return string.Join(' ', roots.Select(root => roots.IndexOf(root)));
    }

    private static bool IsStatement(Sent e) => e.Type is "alias" or "merge";

    // Profiles that become one are a merge; an identifier that nobody has decided on only joins.
    private static int Merges(IReadOnlyList<Part> parts) => parts.Sum(part => part.Node?.Merges ?? 0) + Math.Max(0, parts.Count(part => part.Node is not null) - 1);

    private sealed class Node(long first, HashSet<Id> ids)
    {
        public long First { get; } = first;
        public HashSet<Id> Ids { get; } = ids;
        public int Merges { get; set; }
    }

    private sealed record Part(string Root, Node? Node, IReadOnlyList<Id> Own)
    {
        public IReadOnlyCollection<Id> Ids => Node is null ? Own : Node.Ids;
    }
}
