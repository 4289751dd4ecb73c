using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>Whose an event is after a split.</summary>
public enum Side
{
    /// <summary>It stays with the profile that was split.</summary>
    Kept,

    /// <summary>It belongs to the profile that came out.</summary>
    Left,

    /// <summary>It was never the split profile's: another's event under a key that both have in common.</summary>
    Elsewhere,
}

/// <summary>
/// Divides events by their best identifier. A profile that holds an event has its identifiers, and living profiles have none in common: so the best
/// identifier tells the owner, whatever key the event stands under.
/// </summary>
/// <param name="left">The identifiers that left.</param>
/// <param name="known">All identifiers of the profile before.</param>
public sealed class Division(IEnumerable<Identifier> left, IEnumerable<Identifier> known)
{
    private readonly HashSet<(string, string)> _left = [.. left.Select(Key)];
    private readonly HashSet<(string, string)> _known = [.. known.Select(Key)];

    public Side Of(IdentifiedEvent identified)
    {
        if (identified.identifiers.Count == 0) return Side.Kept;
        var best = Key(identified.identifiers[0]);
        return _left.Contains(best) ? Side.Left : _known.Contains(best) ? Side.Kept : Side.Elsewhere;
    }

    /// <summary>The event as the profile on one side sees it: with the identifiers that belong to that profile.</summary>
    public IdentifiedEvent Share(IdentifiedEvent identified, Side side) =>
        Trimmed(identified, side == Side.Left ? identifier => _left.Contains(Key(identifier)) : identifier => _known.Contains(Key(identifier)) && !_left.Contains(Key(identifier)));

    /// <summary>The event with some of its identifiers only.</summary>
    public static IdentifiedEvent Trimmed(IdentifiedEvent identified, Func<Identifier, bool> keeps) => identified.identifiers.All(keeps)
        ? identified
        : new IdentifiedEvent
        {
            profileId = identified.profileId,
            validated = identified.validated,
            identifiers = [.. identified.identifiers.Where(keeps)],
            origin = identified.origin,
            dropped = identified.dropped,
        };

    private static (string, string) Key(Identifier identifier) => (identifier.type, identifier.value);
}
