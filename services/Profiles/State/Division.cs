using cdp;

namespace Cdp.Profiles.State;

/// <summary>The profile that an event or identifier belongs to after a split.</summary>
public enum Side
{
    /// <summary>It stays with the profile that was split.</summary>
    Kept,

    /// <summary>It belongs to the new profile that the split created.</summary>
    SplitOff,

    /// <summary>It never belonged to the split profile: it is an event of another profile, stored under a key that both profiles share.</summary>
    Unrelated,
}

/// <summary>
/// Divides events between the two sides of a split by their best identifier. A profile that has an event has its identifiers, and no two living profiles
/// share an identifier. So the best identifier determines the owner, whatever key the event is stored under.
/// </summary>
/// <param name="splitOff">The identifiers that the split takes out.</param>
/// <param name="known">All identifiers of the profile before the split.</param>
public sealed class Division(IEnumerable<Identifier> splitOff, IEnumerable<Identifier> known)
{
    private readonly HashSet<(string, string)> _splitOff = [.. splitOff.Select(Key)];
    private readonly HashSet<(string, string)> _known = [.. known.Select(Key)];

    public Side Of(IdentifiedEvent identified) => identified.identifiers.Count == 0 ? Side.Kept : Of(identified.identifiers[0]);

    public Side Of(Identifier identifier)
    {
        var key = Key(identifier);
        return _splitOff.Contains(key) ? Side.SplitOff : _known.Contains(key) ? Side.Kept : Side.Unrelated;
    }

    /// <summary>The event from the viewpoint of one side: with only the identifiers that belong to that side.</summary>
    public IdentifiedEvent Share(IdentifiedEvent identified, Side side) => WithIdentifiers(identified, identifier => Of(identifier) == side);

    /// <summary>The event with only those identifiers that satisfy the condition.</summary>
    public static IdentifiedEvent WithIdentifiers(IdentifiedEvent identified, Func<Identifier, bool> condition) => identified.identifiers.All(condition)
        ? identified
        : new IdentifiedEvent
        {
            profileId = identified.profileId,
            validated = identified.validated,
            identifiers = [.. identified.identifiers.Where(condition)],
            origin = identified.origin,
            dropped = identified.dropped,
        };

    /// <summary>A key for comparing identifiers. It is the same for an identifier as sent and as a profile stores it.</summary>
    public static (string, string) Key(Identifier identifier)
    {
        var compared = Texts.Compared(identifier);
        return (compared.type, compared.value);
    }
}
