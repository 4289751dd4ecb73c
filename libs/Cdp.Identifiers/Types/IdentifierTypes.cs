using cdp;
using Cdp.Identifiers.Canonical;

namespace Cdp.Identifiers.Types;

/// <summary>How many merges and identifiers any profile may have. A profile at a cap still receives events, but nothing more is linked to it.</summary>
public sealed record Caps(int Merges = 100, int Identifiers = 1_000);

/// <summary>
/// The identity configuration: all identifier types, highest priority first, and the rules that apply to all of them. Code that writes an identifier and code
/// that looks one up must agree on its form, so both use this class.
/// </summary>
/// <param name="types">Highest priority first.</param>
/// <param name="blocked">Values that identify nobody, whatever their type.</param>
/// <param name="region">ISO 3166 code of the country for phone numbers without a country code. If it is null, such numbers are invalid.</param>
/// <param name="caps">Limits of every profile.</param>
public sealed class IdentifierTypes(IReadOnlyList<IdentifierType> types, BlockedValues blocked, string? region, Caps caps)
{
    public const string UserId = "user_id";
    public const string Email = "email";
    public const string Phone = "phone";
    public const string AnonymousId = "anonymous_id";

    /// <summary>The type used for an event whose identifiers cannot be used.</summary>
    public const string MessageId = "message_id";

    /// <summary>The type of accounts, which have separate profiles.</summary>
    public const string GroupId = "group_id";

    /// <summary>The type under which identifiers of an unknown type are dropped; the type itself could be any text from the sender.</summary>
    public const string UnknownType = "unknown";

    /// <summary>Names that no configured type may have: built-in types, and a path of the identity API that a type would hide.</summary>
    public static readonly IReadOnlyList<string> ReservedNames = [MessageId, GroupId, UnknownType, "unmerge"];

    /// <summary>The maximum length of a value in UTF-16 code units. A longer value is invalid.</summary>
    public const int MaxValueLength = 512;

    /// <summary>
    /// How many identifiers of one event are used. It is twice what the default limits allow a profile: an event with more identifiers contains a list of
    /// customers rather than one customer, and the linker's work grows with the square of the number.
    /// </summary>
    public const int MaxPerEvent = 72;

    private readonly Dictionary<string, (IdentifierType Type, int Priority)> _byName =
        types.Select((type, i) => (type, i)).ToDictionary(type => type.type.Name, type => (type.type, type.i), StringComparer.Ordinal);

    public IReadOnlyList<IdentifierType> Types { get; } = types;

    public BlockedValues Blocked { get; } = blocked;

    public string? Region { get; } = region;

    public Caps Caps { get; } = caps;

    /// <summary>The rules that the linker applies, as text. Equal texts mean equal decisions.</summary>
    public string Rules { get; } = $"{caps.Merges} {caps.Identifiers} {string.Join(' ', types.Select(type => $"{type.Name}={type.Limit}"))}";

    /// <summary>A configured type by name; null if there is none.</summary>
    public IdentifierType? Find(string type) => _byName.TryGetValue(type, out var known) ? known.Type : null;

    /// <summary>0 is the highest priority. A type that is not (or no longer) configured comes after all others.</summary>
    public int Priority(string type) => _byName.TryGetValue(type, out var known) ? known.Priority : Types.Count;

    /// <summary>How many identifiers of a type a profile may have. A type that is not configured has no limit.</summary>
    public int Limit(string type) => _byName.TryGetValue(type, out var known) ? known.Type.Limit : int.MaxValue;

    /// <summary>An identifier in the form in which it is stored. A value that is invalid for its type is only canonicalised; no profile has it.</summary>
    public Identifier Normalise(string type, string value)
    {
        // A messageId is used only if an event has no other identifier, and is stored as sent.
        var canonical = type == MessageId ? value : CanonicalIdentifier.Of(value);
        return new() { type = type, value = (_byName.TryGetValue(type, out var known) ? NormaliseValue(known.Type, canonical) : null) ?? canonical };
    }

    /// <summary>The value in the form that its type requires; null if it is invalid.</summary>
    internal string? NormaliseValue(IdentifierType type, string canonical) => Normaliser.Normalise(canonical, type.Normalisation, Region);
}
