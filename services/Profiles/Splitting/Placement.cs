using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// Where an event that arrived for a profile belongs: to a profile that was split off (<see cref="Route"/>), into the state held by a pending split
/// (<see cref="Split"/>) or, if both are null, into the profile's own state.
/// </summary>
/// <param name="Event">The event, with only the identifiers that belong to its destination.</param>
/// <param name="Route">The route to another profile; null if the event stays.</param>
/// <param name="Split">The pending split whose held state gets the event; null if no split does.</param>
public sealed record Placement(IdentifiedEvent Event, SplitRoute? Route = null, PendingSplit? Split = null)
{
    /// <param name="profile">A profile that has not been merged.</param>
    /// <param name="identified">The event.</param>
    /// <param name="sentTo">The key under which the event is stored in events.identified.</param>
    /// <param name="origin">Its position there.</param>
    /// <param name="codec">Decodes the states held by pending splits.</param>
    public static Placement Of(Profile profile, IdentifiedEvent identified, string sentTo, RecordPosition origin, StateCodec codec)
    {
        if (profile.pending.Count == 0 && profile.routes.Count == 0) return new Placement(identified);

        // A split that recomputes the event assigns it to a side when it reads it from the log. Forwarding it as well would count it twice.
        var covering = profile.pending.FirstOrDefault(split =>
            PendingSplits.HasBegun(split) && new Coverage(split, codec.Decode(split.before)).Covers(sentTo, identified, origin));
        if (covering is not null) return new Placement(Routes.ForOwner(profile, identified), Split: covering);
        if (Routes.Find(profile, identified) is { } route) return new Placement(Routes.ForReceiver(route, identified), route);
        return new Placement(Routes.ForOwner(profile, identified));
    }
}
