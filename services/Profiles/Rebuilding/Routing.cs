using cdp;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// Where events belong by all decisions: an event stands in the log under the profile that it was thought to be of, which may have become part of another
/// since, or have lost the event's best identifier by a split. Routes stay with the profile that was split; whatever is of its family passes by it.
/// </summary>
public sealed class Routing
{
    private readonly Dictionary<string, List<SplitRoute>> _routes = [];

    /// <summary>Answers false where the split is known already.</summary>
    public bool Add(string profileId, SplitRoute route)
    {
        if (!_routes.TryGetValue(profileId, out var routes)) _routes[profileId] = routes = [];
        if (routes.Exists(known => known.sequence == route.sequence)) return false;
        routes.Add(route);
        return true;
    }

    /// <summary>The profiles that came out of one.</summary>
    public IEnumerable<string> Out(string profileId) => Of(profileId).Select(route => route.into);

    /// <summary>The living profile that an id leads to.</summary>
    public static string Root(string profileId, Func<string, string?> mergedInto)
    {
        while (mergedInto(profileId) is { } winner) profileId = winner;
        return profileId;
    }

    /// <summary>The living profile that an event belongs to, and the event with the identifiers that belong to that profile.</summary>
    /// <param name="identified">The event as it stands in the log.</param>
    /// <param name="mergedInto">What a profile became part of; null where it lives.</param>
    public (string ProfileId, IdentifiedEvent Event) Place(IdentifiedEvent identified, Func<string, string?> mergedInto)
    {
        var (profileId, e) = (identified.profileId, identified);
        while (true)
        {
            // What came out and is part of the profile again has nothing of its own: its events would circle.
            var open = Of(profileId).Where(route => Root(route.into, mergedInto) != Root(profileId, mergedInto)).ToList();
            if (open.FindLast(route => e.identifiers.Count > 0 && Has(route, e.identifiers[0])) is { } taken)
            {
                (profileId, e) = (taken.into, With(e, identifier => Has(taken, identifier)));
                continue;
            }
            e = With(e, identifier => !open.Exists(route => Has(route, identifier)));
            if (mergedInto(profileId) is not { } winner) return (profileId, e);
            profileId = winner;
        }
    }

    private List<SplitRoute> Of(string profileId) => _routes.GetValueOrDefault(profileId) ?? [];

    private static bool Has(SplitRoute route, Identifier identifier) => route.identifiers.Any(left => left.type == identifier.type && left.value == identifier.value);

    private static IdentifiedEvent With(IdentifiedEvent e, Func<Identifier, bool> belongs) => e.identifiers.All(belongs)
        ? e
        : new IdentifiedEvent { profileId = e.profileId, validated = e.validated, identifiers = [.. e.identifiers.Where(belongs)], origin = e.origin, dropped = e.dropped };
}
