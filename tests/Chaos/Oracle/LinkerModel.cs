using Cdp.Chaos.People;
using Cdp.Contracts;

namespace Cdp.Chaos.Oracle;

/// <summary>The expected result of an event's request.</summary>
/// <param name="Decision">The decision; null if there is nothing new to record.</param>
/// <param name="Root">The profile that the event belongs to.</param>
/// <param name="KeptOut">The event's identifiers that are kept out of that profile.</param>
public sealed record Answer(Decision? Decision, string Root, IReadOnlyList<Id> KeptOut);

/// <summary>
/// The rules of linking, implemented a second time in a simple way: in memory, one request after the other. The log gives the order of the requests; this class
/// decides what follows from that order.
/// </summary>
public sealed class LinkerModel(Rules rules, ProfileIds profileIds)
{
    private readonly Dictionary<Id, string> _roots = [];
    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Dictionary<string, string> _mergedInto = [];
    private readonly Dictionary<string, List<string>> _splitInto = [];
    private readonly Dictionary<string, (string Groups, IReadOnlyList<Id> KeptOut)> _refusals = [];
    private readonly HashSet<string> _recorded = [];
    private long _sequence;

    /// <summary>The identifiers that appear in a decision.</summary>
    public IEnumerable<Id> Decided => _roots.Keys;

    public string RootOf(Id id) => _roots.TryGetValue(id, out var root) ? root : profileIds.Implied(id.ToRecord());

    /// <summary>The profile that a profile was finally merged into; the profile itself if it was not merged.</summary>
    public string SurvivorOf(string profileId)
    {
        while (_mergedInto.TryGetValue(profileId, out var winner)) profileId = winner;
        return profileId;
    }

    /// <summary>Whether any chain of merges and splits leads from one profile to another.</summary>
    public bool LeadsTo(string profileId, string other)
    {
        var (visited, pending) = (new HashSet<string>(), new Stack<string>([profileId]));
        while (pending.TryPop(out var next))
        {
            if (next == other) return true;
            if (!visited.Add(next)) continue;
            if (_mergedInto.TryGetValue(next, out var winner)) pending.Push(winner);
            foreach (var into in _splitInto.GetValueOrDefault(next, [])) pending.Push(into);
        }
        return false;
    }

    /// <summary>
    /// The decision on an operator's request to take identifiers out of their profile; null if there is none, because they are not all in one profile that
    /// keeps others.
    /// </summary>
    /// <param name="ids">The identifiers to take out.</param>
    /// <param name="request">The offset of the request.</param>
    /// <param name="into">The id of the new profile, which the linker chooses; null: the linker made no such decision.</param>
    public Decision? Split(IReadOnlyList<Id> ids, long request, string? into)
    {
        var root = RootOf(ids[0]);
        if (!_nodes.TryGetValue(root, out var node) || !ids.All(node.Ids.Contains) || node.Ids.Count == ids.Count) return null;
        var sequence = ++_sequence;
        // If the linker's choice is not a new id, the model uses another one, so that the comparison reports it.
        var isFresh = into is not null
            && !_nodes.ContainsKey(into)
            && !_mergedInto.ContainsKey(into)
            && !node.Ids.Any(id => profileIds.Implied(id.ToRecord()) == into);
        var fresh = isFresh ? into! : $"fresh-{sequence}";
        node.Ids.ExceptWith(ids);
        _nodes[fresh] = new Node(sequence, [.. ids]);
        foreach (var id in ids) _roots[id] = fresh;
        if (!_splitInto.TryGetValue(root, out var splits)) _splitInto[root] = splits = [];
        splits.Add(fresh);
        // A profile that became smaller may have room for identifiers that were refused before.
        _refusals.Clear();
        return new Decision(sequence, "split", root, ids.ToHashSet(), new HashSet<string>(), new HashSet<(Id, string)>(), "", request, fresh);
    }

    /// <summary>The result of an event's request.</summary>
    /// <param name="e">The event.</param>
    /// <param name="request">The offset of the request.</param>
    /// <param name="isRecorded">
    /// Whether the linker recorded that it kept identifiers of this event out. It must do so the first time that an identifier type is kept out of a profile.
    /// How often it repeats that depends on what Redis lost, and makes no difference.
    /// </param>
    public Answer Decide(SentEvent e, long request, bool isRecorded)
    {
        if (e.Ids.Select(RootOf).Distinct().Count() == 1) return new Answer(null, RootOf(e.Ids[0]), []);
        // Limits differ between a server's merge and other events, so a refusal of one says nothing about the other.
        var question = $"{e.IsServerMerge}\n{string.Join('\n', e.Ids)}";
        if (!isRecorded && _refusals.TryGetValue(question, out var known) && known.Groups == Groups(e))
        {
            return new Answer(null, RootOf(e.Ids[0]), known.KeptOut);
        }

        // More identifiers of a type than a profile may have never belong to one customer, unless a server merges them.
        var surplus = e.Ids.Where((id, i) => !e.IsServerMerge && e.Ids.Take(i).Count(other => other.Type == id.Type) >= rules.Limit(id.Type)).ToHashSet();
        var (ids, keptOut) = (e.Ids.Where(id => !surplus.Contains(id)).ToList(), surplus.ToDictionary(id => id, _ => "limit"));
        while (FindExceededLimit(Candidates(ids), e.IsServerMerge) is { } reason)
        {
            keptOut[ids[^1]] = reason;
            ids.RemoveAt(ids.Count - 1);
        }
        // An identifier whose profile is linked through another identifier is not kept out.
        var linked = ids.Select(RootOf).ToHashSet();
        foreach (var id in keptOut.Keys.Where(id => linked.Contains(RootOf(id))).ToList()) keptOut.Remove(id);

        // Nothing is linked, and the same refusal is already recorded.
        var isKnownRefusal = keptOut.Count > 0
            && e.Ids.First(keptOut.ContainsKey) is var first
            && ids.Select(RootOf).Distinct().Count() == 1
            && !_recorded.Add($"{RootOf(ids[0])} {keptOut[first]} {first.Type}");
        if (isKnownRefusal && !isRecorded)
        {
            _refusals[question] = (Groups(e), [.. keptOut.Keys]);
            return new Answer(null, RootOf(e.Ids[0]), [.. keptOut.Keys]);
        }

        var decision = Link(e, request, [.. e.Ids.Where(id => !keptOut.ContainsKey(id))], keptOut);
        if (keptOut.Count > 0) _refusals[question] = (Groups(e), [.. keptOut.Keys]);
        return new Answer(decision, RootOf(e.Ids[0]), [.. keptOut.Keys]);
    }

    private Decision Link(SentEvent e, long request, List<Id> ids, Dictionary<Id, string> keptOut)
    {
        var (sequence, dropped) = (++_sequence, keptOut.Select(entry => (entry.Key, entry.Value)).ToHashSet());
        var byPriority = Candidates(ids).OrderBy(candidate => candidate.Ids.Min(rules.Priority)).ThenBy(candidate => candidate.Node?.First ?? long.MaxValue);
        Candidate[] candidates = [.. byPriority.ThenBy(candidate => candidate.Root, StringComparer.Ordinal)];
        var (winner, losers) = (candidates[0], candidates[1..]);
        if (losers.Length == 0)
        {
            var kind = keptOut.ContainsValue("limit") ? "limit" : "capped";
            return new Decision(sequence, kind, winner.Root, new HashSet<Id>(), new HashSet<string>(), dropped, e.MessageId, request);
        }

        var joined = ids.Concat(losers.SelectMany(loser => loser.Ids)).ToHashSet();
        var ended = losers.Select(loser => loser.Root).ToHashSet();
        var isMerge = losers.Any(loser => loser.Node is not null);
        var node = winner.Node ?? new Node(sequence, []);
        node.Merges = Merges(candidates);
        node.Ids.UnionWith(joined);
        _nodes[winner.Root] = node;
        foreach (var id in joined) _roots[id] = winner.Root;
        foreach (var loser in ended)
        {
            _nodes.Remove(loser);
            _mergedInto[loser] = winner.Root;
        }
        return new Decision(sequence, isMerge ? "merged" : "linked", winner.Root, joined, ended, dropped, e.MessageId, request);
    }

    // A profile that already exceeds a limit (through a server's merge or an older configuration) may still grow in other types.
    private string? FindExceededLimit(IReadOnlyList<Candidate> candidates, bool isServerMerge)
    {
        if (candidates.Count == 1) return null;
        var all = candidates.SelectMany(candidate => candidate.Ids).ToHashSet();
        var isOverLimit = all.GroupBy(id => id.Type).Any(type =>
            type.Count() > Math.Max(rules.Limit(type.Key), candidates.Max(candidate => candidate.Ids.Count(id => id.Type == type.Key))));
        if (isOverLimit && !isServerMerge) return "limit";
        return all.Count > rules.MaxIdentifiers || Merges(candidates) > rules.MaxMerges ? "capped" : null;
    }

    private List<Candidate> Candidates(IEnumerable<Id> ids) =>
        [.. ids.GroupBy(RootOf).Select(own => new Candidate(own.Key, _nodes.GetValueOrDefault(own.Key), [.. own]))];

    private string Groups(SentEvent e)
    {
        var roots = e.Ids.Select(RootOf).ToList();
        return string.Join(' ', roots.Select(root => roots.IndexOf(root)));
    }

    // Only joining existing profiles counts as a merge; adding an identifier without a decision does not.
    private static int Merges(IReadOnlyList<Candidate> candidates) =>
        candidates.Sum(candidate => candidate.Node?.Merges ?? 0) + Math.Max(0, candidates.Count(candidate => candidate.Node is not null) - 1);

    private sealed class Node(long first, HashSet<Id> ids)
    {
        /// <summary>The sequence number of its first decision.</summary>
        public long First { get; } = first;
        public HashSet<Id> Ids { get; } = ids;
        public int Merges { get; set; }
    }

    /// <summary>A profile that an event could link.</summary>
    /// <param name="Root">Its id.</param>
    /// <param name="Node">Its decided identifiers; null: it is only implied.</param>
    /// <param name="Own">The event's identifiers that lead to it.</param>
    private sealed record Candidate(string Root, Node? Node, IReadOnlyList<Id> Own)
    {
        public IReadOnlyCollection<Id> Ids => Node is null ? Own : Node.Ids;
    }
}
