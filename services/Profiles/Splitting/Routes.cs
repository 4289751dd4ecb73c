using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>Where events go whose identifiers have left a profile: a resolver that does not know it yet still sends them here.</summary>
public static class Routes
{
    /// <summary>The route that an event takes by its best identifier; null where it stays.</summary>
    public static SplitRoute? Of(Profile profile, IdentifiedEvent identified) =>
        identified.identifiers.Count == 0 ? null : profile.routes.FirstOrDefault(route => Has(route, identified.identifiers[0]));

    /// <summary>The event as the receiver sees it: without the identifiers that stayed.</summary>
    public static IdentifiedEvent Routed(SplitRoute route, IdentifiedEvent identified) => Division.Trimmed(identified, identifier => Has(route, identifier));

    /// <summary>The event as the profile itself sees it: without the identifiers that left.</summary>
    public static IdentifiedEvent Own(Profile profile, IdentifiedEvent identified) =>
        profile.routes.Count == 0 ? identified : Division.Trimmed(identified, identifier => !profile.routes.Any(route => Has(route, identifier)));

    public static void Add(Profile profile, IEnumerable<SplitRoute> routes)
    {
        profile.routes = [.. profile.routes.UnionBy(routes, route => route.sequence).OrderBy(route => route.sequence)];
        Close(profile);
    }

    /// <summary>What came out of a profile and is part of it again needs no route, and must have none: its events would circle.</summary>
    public static void Close(Profile profile)
    {
        if (profile.routes.Count == 0) return;
        profile.routes = [.. profile.routes.Where(route => route.into != profile.profileId && Sorted.Find(profile.absorbed, route.into, string.CompareOrdinal) < 0)];
    }

    private static bool Has(SplitRoute route, Identifier identifier) => route.identifiers.Any(left => left.type == identifier.type && left.value == identifier.value);
}
