using cdp;

namespace Cdp.Identifiers;

/// <summary>How many merges and identifiers any profile may have; above it events still attach, but nothing joins.</summary>
public sealed record Caps(int Merges = 100, int Identifiers = 1_000);

/// <summary>
/// The types of identifiers, highest priority first, and what is known of all of them. Whoever writes an identifier and whoever looks for one must
/// agree on its form, so both ask here.
/// </summary>
/// <param name="types">Highest priority first.</param>
/// <param name="blocked">Values that name nobody, of whatever type.</param>
/// <param name="region">ISO 3166 code of the country that telephone numbers without a country's code are of; null: such are none.</param>
/// <param name="caps">What limits every profile.</param>
public sealed class IdentifierTypes(IReadOnlyList<IdentifierType> types, BlockedValues blocked, string? region, Caps caps)
{
    public const string UserId = "user_id";
    public const string Email = "email";
    public const string Phone = "phone";
    public const string AnonymousId = "anonymous_id";

    /// <summary>The type of last resort: an event none of whose names means anybody.</summary>
    public const string MessageId = "message_id";

    /// <summary>The type of accounts, which are profiles of their own.</summary>
    public const string GroupId = "group_id";

    /// <summary>Characters of a value; a longer one is none.</summary>
    public const int LongestValue = 512;

    /// <summary>
    /// Identifiers of one event; more are not used for it. Twice what the defaults' limits let one customer have: whoever sends more sends a list, and what
    /// the linker does for an event grows with the square of them.
    /// </summary>
    public const int MostOfAnEvent = 72;

    private const int LongestTold = 64;

    private readonly Dictionary<string, (IdentifierType Type, int Priority)> _byName = types.Select((type, i) => (type, i)).ToDictionary(type => type.type.Name, type => (type.type, type.i), StringComparer.Ordinal);

    public IReadOnlyList<IdentifierType> Types { get; } = types;

    public BlockedValues Blocked { get; } = blocked;

    public string? Region { get; } = region;

    public Caps Caps { get; } = caps;

    /// <summary>What the linker judges by, as a text: the same text, the same judgement.</summary>
    public string Rules { get; } = $"{caps.Merges} {caps.Identifiers} {string.Join(' ', types.Select(type => $"{type.Name}={type.Limit}"))}";

    /// <summary>0 is the highest; a type that the configuration does not have (any more) is behind all.</summary>
    public int Priority(string type) => _byName.TryGetValue(type, out var known) ? known.Priority : Types.Count;

    /// <summary>How many of a type one profile has at most; no limit for a type that the configuration does not have.</summary>
    public int Limit(string type) => _byName.TryGetValue(type, out var known) ? known.Type.Limit : int.MaxValue;

    /// <summary>An identifier as it would be kept. One whose value is not what its type calls for stays as it is, and nobody has it.</summary>
    public Identifier Normalised(string type, string value) =>
        new() { type = type, value = (_byName.TryGetValue(type, out var known) ? Forms.Normalised(value, known.Type.Form, Region) : null) ?? value };

    /// <summary>
    /// Where every name is blocked the event becomes a customer of its own, named by its messageId, so that it is neither lost nor puts strangers
    /// together.
    /// </summary>
    /// <exception cref="System.Text.Json.JsonException">A free-form member is no JSON.</exception>
    public EventNames Of(Event envelope)
    {
        using var members = new EventMembers(envelope);
        var (found, dropped) = (new List<Identifier>(3), new List<DroppedIdentifier>());
        if (envelope.type == "merge") AddStated(members, found, dropped);
        if (found.Count == 0)
        {
            AddOwn(envelope, members, found, dropped);
            // A merge call that states nothing usable needs a customer, but says nothing of its caller's ids that others' limits should not count for.
            if (envelope.type == "merge" && found.Count > 1) found.RemoveRange(1, found.Count - 1);
        }
        if (found.Count > MostOfAnEvent)
        {
            dropped.AddRange(found[MostOfAnEvent..].Select(surplus => Drop(surplus.type, surplus.value, DropReason.Limit)));
            found.RemoveRange(MostOfAnEvent, found.Count - MostOfAnEvent);
        }
        return new EventNames(found.Count > 0 ? found : [new Identifier { type = MessageId, value = envelope.messageId }], dropped);
    }

    private void AddOwn(Event envelope, EventMembers members, List<Identifier> found, List<DroppedIdentifier> dropped)
    {
        // An alias's previousId is an anonymousId or an earlier userId, and nothing in the call says which, unless it is the event's own. Taken as one
        // of them only, half of all callers would lose the history that they ask to keep; taken as both, it names at worst a customer that nobody has.
        var previousId = envelope.type == "alias" && envelope.previousId != envelope.userId && envelope.previousId != envelope.anonymousId ? envelope.previousId : null;
        foreach (var type in Types)
        {
            var before = found.Count;
            foreach (var place in type.From)
            {
                foreach (var value in members.At(place, type.Name)) Add(type, value, found, dropped);
                if (found.Count > before) break;
            }
            if (previousId is not null && type.Name is (UserId or AnonymousId)) Add(type, new Found(previousId, true), found, dropped);
        }
    }

    // A merge call says of two names that they are one customer, not that they are the caller's, whose own ids may be an operator's.
    private void AddStated(EventMembers members, List<Identifier> found, List<DroppedIdentifier> dropped)
    {
        foreach (var (name, value) in members.MergeProperties())
        {
            // RudderStack's name for it.
            if (_byName.TryGetValue(name == "mobile" ? Phone : name, out var known)) Add(known.Type, value, found, dropped);
            else dropped.Add(Drop(name, value.Text, DropReason.Invalid));
        }
        found.Sort((a, b) => Priority(a.type).CompareTo(Priority(b.type)));
    }

    private void Add(IdentifierType type, Found sent, List<Identifier> found, List<DroppedIdentifier> dropped)
    {
        var value = sent.Text;
        // The length first: nothing that looks at a value then takes longer than a short one lets it.
        if (value.Length > LongestValue) dropped.Add(Drop(type.Name, value, DropReason.Invalid));
        else if (Blocked.Contains(value)) dropped.Add(Drop(type.Name, value, DropReason.Blocked));
        else if (!sent.IsUsable || Forms.Normalised(value, type.Form, Region) is not { } normalised) dropped.Add(Drop(type.Name, value, DropReason.Invalid));
        else if (Blocked.Contains(normalised)) dropped.Add(Drop(type.Name, normalised, DropReason.Blocked));
        else if (!found.Exists(other => other.type == type.Name && other.value == normalised)) found.Add(new Identifier { type = type.Name, value = normalised });
    }

    private static DroppedIdentifier Drop(string type, string value, string reason) =>
        new() { type = type, value = value.Length > LongestTold ? value[..LongestTold] : value, reason = reason };
}
