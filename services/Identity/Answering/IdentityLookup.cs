using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Identifiers;

namespace Cdp.Identity.Answering;

/// <summary>A profile as the decisions made it.</summary>
/// <param name="Root">Its id.</param>
/// <param name="Identifiers">All of it, best first.</param>
/// <param name="Decisions">Those that led there, in order.</param>
public sealed record FoundProfile(string Root, IReadOnlyList<Identifier> Identifiers, IReadOnlyList<IdentityDecision> Decisions);

/// <summary>Finds the profile of an identifier and its history.</summary>
public sealed class IdentityLookup(IdentityStore store, DecisionReader decisions, ProfileIds profileIds, LiveFiles<IdentifierTypes> types)
{
    /// <summary>The form in which the identifier is kept.</summary>
    public Identifier Normalised(string type, string value) => types.Current.Normalised(type, value);

    /// <summary>The types that an event's identifiers may have now.</summary>
    public IEnumerable<string> Types => types.Current.Types.Select(type => type.Name).Append(IdentifierTypes.MessageId);

    /// <summary>The profile that the identifier is by itself.</summary>
    public string Implied(Identifier identifier) => profileIds.Implied(identifier);

    /// <summary>Null: no decision names it.</summary>
    public async Task<FoundProfile?> FindAsync(Identifier identifier, CancellationToken stopping)
    {
        if (!(await store.RootsAsync([identifier])).TryGetValue(identifier, out var root)) return null;
        var history = await DecisionHistory.OfAsync(root, store.DecisionsAsync, offsets => decisions.ReadAsync(offsets, stopping));
        // Between the two reads it may have become part of another: whoever asks again finds that.
        var identifiers = (await store.NodesAsync([root])).TryGetValue(root, out var node) ? node.Identifiers : [];
        return new FoundProfile(root, [.. identifiers.OrderBy(own => types.Current.Priority(own.type)).ThenBy(own => own.type, StringComparer.Ordinal).ThenBy(own => own.value, StringComparer.Ordinal)], history);
    }
}
