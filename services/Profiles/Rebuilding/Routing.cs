using cdp;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// Determines the owner of an event from all decisions. The log stores an event under the profile it was assigned to at the time. Since then that profile may
/// have been merged into another, or a split may have taken out the event's best identifier. A route belongs to the profile that was split; events of every
/// profile merged into it pass through that profile.
/// </summary>
public sealed class Routing
{
    private readonly Dictionary<string, List<SplitRoute>> _routes = [];

    /// <summary>Adds a split. Returns false if it is already known.</summary>
    public bool Add(string profileId, SplitRoute route)
    {
        if (!_routes.TryGetValue(profileId, out var routes)) _routes[profileId] = routes = [];
        if (routes.Exists(known => known.sequence == route.sequence)) return false;
        routes.Add(route);
        return true;
    }

    /// <summary>The profiles that were split off from a profile.</summary>
    public IEnumerable<string> SplitOffFrom(string profileId) => RoutesOf(profileId).Select(route => route.into);

    /// <summary>The living profile at the end of a chain of merges.</summary>
    /// <param name="profileId">The first profile of the chain.</param>
    /// <param name="mergedInto">The profile that a profile was merged into; null if it is living.</param>
    public static string Root(string profileId, Func<string, string?> mergedInto)
    {
        while (mergedInto(profileId) is { } winner) profileId = winner;
        return profileId;
    }

    /// <summary>The living profile that an event belongs to, by its best identifier.</summary>
    /// <param name="identified">The event as stored in the log.</param>
    /// <param name="mergedInto">The profile that a profile was merged into; null if it is living.</param>
    public string Owner(IdentifiedEvent identified, Func<string, string?> mergedInto) => identified.identifiers.Count > 0
        ? Owner(identified.profileId, identified.identifiers[0], mergedInto)
        : Root(identified.profileId, mergedInto);

    /// <summary>The living profile that an identifier belongs to.</summary>
    /// <param name="profileId">A profile that had the identifier at some time.</param>
    /// <param name="identifier">The identifier.</param>
    /// <param name="mergedInto">The profile that a profile was merged into; null if it is living.</param>
    public string Owner(string profileId, Identifier identifier, Func<string, string?> mergedInto)
    {
        while (true)
        {
            // A route to a profile that was merged back is ignored. Following it would lead in a circle.
            var route = RoutesOf(profileId).FindLast(route => Has(route, identifier) && Root(route.into, mergedInto) != Root(profileId, mergedInto));
            if (route is not null) profileId = route.into;
            else if (mergedInto(profileId) is { } winner) profileId = winner;
            else return profileId;
        }
    }

    private List<SplitRoute> RoutesOf(string profileId) => _routes.GetValueOrDefault(profileId) ?? [];

    private static bool Has(SplitRoute route, Identifier identifier) =>
        route.identifiers.Any(splitOff => splitOff.type == identifier.type && splitOff.value == identifier.value);
}
