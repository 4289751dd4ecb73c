using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.Splitting;

/// <summary>Routes events of identifiers that a split took out of a profile: a resolver that has not learned of the split still sends them here.</summary>
public static class Routes
{
    /// <summary>The route of an event by its best identifier; null if the event stays.</summary>
    public static SplitRoute? Find(Profile profile, IdentifiedEvent identified) =>
        identified.identifiers.Count == 0 ? null : profile.routes.FirstOrDefault(route => Has(route, identified.identifiers[0]));

    /// <summary>The event as the receiver sees it: without the identifiers that stayed.</summary>
    public static IdentifiedEvent ForReceiver(SplitRoute route, IdentifiedEvent identified) =>
        Division.WithIdentifiers(identified, identifier => Has(route, identifier));

    /// <summary>The event as the profile itself sees it: without the identifiers that were split off.</summary>
    public static IdentifiedEvent ForOwner(Profile profile, IdentifiedEvent identified) => profile.routes.Count == 0
        ? identified
        : Division.WithIdentifiers(identified, identifier => !profile.routes.Any(route => Has(route, identifier)));

    /// <summary>
    /// Adds routes. If there are too many, those of the latest splits are kept: a route is only needed until every resolver has learned of the split, which
    /// takes seconds.
    /// </summary>
    public static void Add(Profile profile, IEnumerable<SplitRoute> routes, Bounds bounds)
    {
        profile.routes = [.. profile.routes.UnionBy(routes, route => route.sequence).OrderBy(route => route.sequence)];
        RemoveReturned(profile);
        var room = bounds.Routed;
        profile.routes = [.. profile.routes.Reverse().TakeWhile(route => (room -= route.identifiers.Count) >= 0).Reverse()];
    }

    // A profile that was split off and merged back must have no route: its events would be forwarded in a circle.
    private static void RemoveReturned(Profile profile)
    {
        if (profile.routes.Count == 0) return;
        // The list of absorbed profiles is incomplete. An event that wrongly stays is better than one forwarded in a circle.
        if (Cuts.Has(profile, Cuts.Absorbed))
        {
            profile.routes = [];
            return;
        }
        profile.routes = [.. profile.routes.Where(route => route.into != profile.profileId && !HasAbsorbed(profile, route.into))];
    }

    private static bool HasAbsorbed(Profile profile, string profileId) => Sorted.Find(profile.absorbed, profileId, string.CompareOrdinal) >= 0;

    private static bool Has(SplitRoute route, Identifier identifier) => route.identifiers.Any(splitOff => Division.Key(splitOff) == Division.Key(identifier));
}
