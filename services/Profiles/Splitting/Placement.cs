using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>Where an event that arrived for a profile belongs: to the profile out of a split that <see cref="Route"/> leads to, into what <see cref="Split"/> holds, or, with neither, into the state itself.</summary>
/// <param name="Event">The event, with the identifiers that belong to whoever gets it.</param>
/// <param name="Route">Null: it stays.</param>
/// <param name="Split">Null: no pending split holds it.</param>
public sealed record Placement(IdentifiedEvent Event, SplitRoute? Route = null, PendingSplit? Split = null)
{
    /// <param name="profile">A living profile.</param>
    /// <param name="identified">The event.</param>
    /// <param name="sentTo">The key under which it stands in events.identified.</param>
    /// <param name="origin">Where it stands there.</param>
    /// <param name="codec">For what the pending splits hold.</param>
    public static Placement Of(Profile profile, IdentifiedEvent identified, string sentTo, RecordPosition origin, StateCodec codec)
    {
        if (profile.pending.Count == 0 && profile.routes.Count == 0) return new Placement(identified);

        // What is folded anew is divided then, as the event stands in the log: not here as well.
        var covering = profile.pending.FirstOrDefault(split => PendingSplits.HasBegun(split) && new Coverage(split, codec.Decode(split.before)).Covers(sentTo, identified, origin));
        if (covering is not null) return new Placement(Routes.Own(profile, identified), Split: covering);
        if (Routes.Of(profile, identified) is { } route) return new Placement(Routes.Routed(route, identified), route);
        return new Placement(Routes.Own(profile, identified));
    }
}
