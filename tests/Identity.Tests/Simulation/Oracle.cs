using cdp;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>A simple reimplementation of the linker: all identifiers in groups, searched for every event, without remembered refusals.</summary>
internal sealed class Oracle(IdentifierTypes types)
{
    private readonly List<Group> _groups = [];
    private int _changes;

    /// <param name="Identifiers">All identifiers of the profile.</param>
    /// <param name="Root">The profile's id.</param>
    /// <param name="Merges">How many profiles were merged into it.</param>
    /// <param name="Created">The number of the change that created it; 0 if no change created it.</param>
    private sealed record Group(List<Identifier> Identifiers, string Root, int Merges, int Created);

    public string RootOf(Identifier identifier) => GroupOf(identifier).Root;

    /// <summary>Links the identifiers of an event as far as limits and caps allow.</summary>
    /// <returns>The identifiers of the event's profile, and whether anything changed.</returns>
    public (IReadOnlyList<Identifier> Kept, bool Changed) Link(Event envelope, IReadOnlyList<Identifier> identifiers)
    {
        // One profile can never have more identifiers of a type than the limit.
        var linkable = identifiers
            .Where((one, i) => IsStatement(envelope) || identifiers.Take(i).Count(other => other.type == one.type) < types.Limit(one.type))
            .ToList();
        for (var count = linkable.Count; ; count--)
        {
            List<Group> groups = [.. linkable.Take(count).Select(GroupOf).DistinctBy(group => group.Root)];
            if (groups.Count > 1 && !IsAllowed(envelope, groups)) continue;
            if (groups.Count > 1) Join(groups);
            var root = RootOf(identifiers[0]);
            return ([.. identifiers.Where(one => RootOf(one) == root)], groups.Count > 1);
        }
    }

    /// <summary>Takes identifiers out of their profile, if they all belong to one profile, and the profile has others.</summary>
    public void Split(IReadOnlyList<Identifier> identifiers)
    {
        List<Group> groups = [.. identifiers.Select(GroupOf).DistinctBy(group => group.Root)];
        if (groups is not [{ Created: > 0 } whole] || whole.Identifiers.Count == identifiers.Count) return;
        _changes++;
        _groups.Remove(whole);
        _groups.Add(whole with { Identifiers = [.. whole.Identifiers.Except(identifiers, IdentifierComparer.Instance)] });
        _groups.Add(new Group([.. identifiers], $"split off by change {_changes}", 0, _changes));
    }

    private static bool IsStatement(Event envelope) => envelope is { type: "alias" or "merge", trust: "server" };

    private bool IsAllowed(Event envelope, List<Group> groups)
    {
        if (Merges(groups) > types.Caps.Merges || groups.Sum(group => group.Identifiers.Count) > types.Caps.Identifiers) return false;
        if (IsStatement(envelope)) return true;
        foreach (var type in groups.SelectMany(group => group.Identifiers).Select(one => one.type).Distinct())
        {
            int[] counts = [.. groups.Select(group => group.Identifiers.Count(one => one.type == type)).Where(count => count > 0)];
            if (counts.Length > 1 && counts.Sum() > types.Limit(type)) return false;
        }
        return true;
    }

    private void Join(List<Group> groups)
    {
        var (winner, merges) = (Winner(groups), Merges(groups));
        _changes++;
        foreach (var group in groups) _groups.Remove(group);
        _groups.Add(new Group([.. groups.SelectMany(group => group.Identifiers)], winner.Root, merges, winner.Created > 0 ? winner.Created : _changes));
    }

    private int Merges(List<Group> groups) => groups.Sum(group => group.Merges) + groups.Count(group => group != Winner(groups) && group.Created > 0);

    private Group Winner(List<Group> groups) => groups
        .OrderBy(group => group.Identifiers.Min(one => types.Priority(one.type)))
        .ThenBy(group => group.Created == 0 ? int.MaxValue : group.Created)
        .ThenBy(group => group.Root, StringComparer.Ordinal)
        .First();

    // An identifier that was never linked forms its own group.
    private Group GroupOf(Identifier identifier) =>
        _groups.Find(group => group.Identifiers.Contains(identifier, IdentifierComparer.Instance))
        ?? new Group([identifier], Given.ProfileIds.Implied(identifier), 0, 0);
}
