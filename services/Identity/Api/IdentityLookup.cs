using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Identifiers.Types;
using Cdp.Identity.Storing;

namespace Cdp.Identity.Api;

/// <summary>A profile as the decisions define it.</summary>
/// <param name="Root">Its id.</param>
/// <param name="Identifiers">All its identifiers, highest priority first.</param>
/// <param name="History">A page of the decisions that led to it.</param>
public sealed record FoundProfile(string Root, IReadOnlyList<Identifier> Identifiers, HistoryPage History);

/// <summary>Finds the profile of an identifier and its history.</summary>
public sealed class IdentityLookup(IdentityStore store, DecisionReader decisions, ProfileIds profileIds, LiveFiles<IdentifierTypes> types)
{
    /// <summary>The current identity configuration.</summary>
    public IdentifierTypes Types => types.Current;

    /// <summary>The profile id that an identifier implies without any decision.</summary>
    public string Implied(Identifier identifier) => profileIds.Implied(identifier);

    /// <summary>Finds the profile of an identifier; null if no decision names it.</summary>
    /// <param name="identifier">The identifier in its stored form.</param>
    /// <param name="cursor">The end of the page of history; null for the last page.</param>
    /// <param name="size">The maximum number of decisions on the page.</param>
    /// <param name="stopping">Cancels reading the decisions.</param>
    public async Task<FoundProfile?> FindAsync(Identifier identifier, HistoryCursor? cursor, int size, CancellationToken stopping)
    {
        if (!(await store.RootsAsync([identifier])).ByIdentifier.TryGetValue(identifier, out var root)) return null;
        var history = await DecisionHistory.PageAsync(
            cursor ?? HistoryCursor.EndOf(root), size, store.DecisionOffsetsAsync, offsets => decisions.ReadAsync(offsets, stopping));
        // If the profile was merged into another between the two reads, it has no identifiers. The next lookup finds the other profile.
        var identifiers = (await store.NodesAsync([root])).TryGetValue(root, out var node) ? node.Identifiers : [];
        var current = types.Current;
        var ordered = identifiers
            .OrderBy(one => current.Priority(one.type))
            .ThenBy(one => one.type, StringComparer.Ordinal)
            .ThenBy(one => one.value, StringComparer.Ordinal);
        return new FoundProfile(root, [.. ordered], history);
    }
}
