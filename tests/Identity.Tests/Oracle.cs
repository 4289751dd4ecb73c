using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Tests;

/// <summary>Who is who by the plainest means: all names in groups, gone through for every event, nothing remembered of answers.</summary>
internal sealed class Oracle(IdentifierTypes types)
{
    private readonly List<Group> _groups = [];
    private int _changes;

    private sealed record Group(List<Identifier> Names, string Root, int Merges, int Born);

    public string RootOf(Identifier identifier) => GroupOf(identifier).Root;

    /// <summary>Joins what the event says belongs together, as far as that may be.</summary>
    /// <returns>The names that are its customer's, and whether anything changed.</returns>
    public (IReadOnlyList<Identifier> Kept, bool Changed) Take(Event envelope, IReadOnlyList<Identifier> names)
    {
        for (var count = names.Count; ; count--)
        {
            List<Group> groups = [.. names.Take(count).Select(GroupOf).DistinctBy(group => group.Root)];
            if (groups.Count > 1 && !May(envelope, groups)) continue;
            if (groups.Count > 1) Join(groups);
            var root = RootOf(names[0]);
            return ([.. names.Where(name => RootOf(name) == root)], groups.Count > 1);
        }
    }

    /// <summary>Takes names out of their group, which must keep some.</summary>
    public void Split(IReadOnlyList<Identifier> names)
    {
        List<Group> groups = [.. names.Select(GroupOf).DistinctBy(group => group.Root)];
        if (groups is not [{ Born: > 0 } whole] || whole.Names.Count == names.Count) return;
        _changes++;
        _groups.Remove(whole);
        _groups.Add(whole with { Names = [.. whole.Names.Except(names, IdentifierComparer.Instance)] });
        _groups.Add(new Group([.. names], $"split off by change {_changes}", 0, _changes));
    }

    private bool May(Event envelope, List<Group> groups)
    {
        var merges = groups.Sum(group => group.Merges) + groups.Count(group => group != Winner(groups) && group.Born > 0);
        if (merges > types.Caps.Merges || groups.Sum(group => group.Names.Count) > types.Caps.Identifiers) return false;
        if (envelope.type is "alias" or "merge") return true;
        foreach (var type in groups.SelectMany(group => group.Names).Select(name => name.type).Distinct())
        {
            int[] counts = [.. groups.Select(group => group.Names.Count(name => name.type == type)).Where(count => count > 0)];
            if (counts.Length > 1 && counts.Sum() > types.Limit(type)) return false;
        }
        return true;
    }

    private void Join(List<Group> groups)
    {
        var winner = Winner(groups);
        var merges = groups.Sum(group => group.Merges) + groups.Count(group => group != winner && group.Born > 0);
        _changes++;
        foreach (var group in groups) _groups.Remove(group);
        _groups.Add(new Group([.. groups.SelectMany(group => group.Names)], winner.Root, merges, winner.Born > 0 ? winner.Born : _changes));
    }

    private Group Winner(List<Group> groups) => groups
        .OrderBy(group => group.Names.Min(name => types.Priority(name.type))).ThenBy(group => group.Born == 0 ? int.MaxValue : group.Born).ThenBy(group => group.Root, StringComparer.Ordinal).First();

    // One that no event has named with another is a group of its own, not born yet.
    private Group GroupOf(Identifier identifier) =>
        _groups.Find(group => group.Names.Any(name => name.type == identifier.type && name.value == identifier.value)) ?? new Group([identifier], A.ProfileIds.Implied(identifier), 0, 0);
}
