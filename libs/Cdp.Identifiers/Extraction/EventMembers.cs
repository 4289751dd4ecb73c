using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Types;

namespace Cdp.Identifiers.Extraction;

/// <summary>A value at a place where an event may carry an identifier.</summary>
/// <param name="Text">A string's text, a number in canonical form, or the raw JSON of any other value.</param>
/// <param name="IsUsable">Whether the value is a string or a number.</param>
internal readonly record struct MemberValue(string Text, bool IsUsable);

/// <summary>Finds values in an event's free-form members. Each member is parsed at most once.</summary>
internal sealed class EventMembers(Event envelope) : IDisposable
{
    private readonly JsonDocument?[] _parsed = new JsonDocument?[Place.Objects.Count];

    /// <summary>The values at a place; usually none or one.</summary>
    /// <param name="place">Where to look.</param>
    /// <param name="type">The identifier type, which selects the entries of <c>context.externalIds</c>.</param>
    public IEnumerable<MemberValue> At(Place place, string type)
    {
        if (IsWithheld(place)) return [];
        if (place.Path.Count == 0) return (place.Member == "userId" ? envelope.userId : envelope.anonymousId) is { } id ? [new MemberValue(id, true)] : [];
        // The traits of a group call describe the account, not the person.
        if (place.Member == "traits" && envelope.type != "identify") return [];
        if (!place.When.All(IsMet) || Find(place.Member, place.Path) is not { } found) return [];
        if (place.IsExternalIds) return ExternalIds(found, type);
        return found.ValueKind == JsonValueKind.Null ? [] : [ValueOf(found)];
    }

    /// <summary>The pairs of a merge call, except those without a type or a value.</summary>
    public IReadOnlyList<(string Type, MemberValue Value)> MergeProperties()
    {
        if (Withheld.Covers(envelope, Withheld.OtherIds)) return [];
        if (Find("extra", ["mergeProperties"]) is not { ValueKind: JsonValueKind.Array } list) return [];
        var pairs = new List<(string, MemberValue)>();
        foreach (var item in list.EnumerateArray())
        {
            if (Member(item, "type") is { ValueKind: JsonValueKind.String } type && Member(item, "value") is { } value)
            {
                pairs.Add((ValueOf(type).Text, ValueOf(value)));
            }
        }
        return pairs;
    }

    public void Dispose()
    {
        foreach (var document in _parsed) document?.Dispose();
    }

    // Members that the event's source is not trusted to set identify nobody.
    private bool IsWithheld(Place place) => envelope.withheld is not null && place switch
    {
        { Member: "userId" } => Withheld.Covers(envelope, Withheld.UserIds),
        { Path.Count: 0 } => false,
        { Member: "traits" } or { Member: "context", Path: ["traits", ..] } =>
            Withheld.Covers(envelope, Withheld.UserTraits) || Withheld.Covers(envelope, Withheld.OtherIds),
        _ => Withheld.Covers(envelope, Withheld.OtherIds),
    };

    private static List<MemberValue> ExternalIds(JsonElement list, string type)
    {
        var ids = new List<MemberValue>();
        if (list.ValueKind != JsonValueKind.Array) return ids;
        foreach (var item in list.EnumerateArray())
        {
            if (Member(item, "type") is { ValueKind: JsonValueKind.String } itemType && ValueOf(itemType).Text == type
                && Member(item, "id") is { ValueKind: not JsonValueKind.Null } id)
            {
                ids.Add(ValueOf(id));
            }
        }
        return ids;
    }

    private bool IsMet((IReadOnlyList<string> Path, string Text) condition) =>
        Find("context", condition.Path) is { } found && string.Equals(ValueOf(found).Text, condition.Text, StringComparison.OrdinalIgnoreCase);

    private JsonElement? Find(string member, IReadOnlyList<string> path)
    {
        var index = IndexOf(member);
        if (_parsed[index] is null)
        {
            if (Json(member) is not { } json) return null;
            _parsed[index] = JsonDocument.Parse(json);
        }
        JsonElement? at = _parsed[index]!.RootElement;
        foreach (var name in path) at = at is { } element ? Member(element, name) : null;
        return at;
    }

    private string? Json(string member) => member switch
    {
        "traits" => envelope.traits,
        "context" => envelope.context,
        "properties" => envelope.properties,
        _ => envelope.extra,
    };

    private static int IndexOf(string member) => member switch
    {
        "traits" => 0,
        "context" => 1,
        "properties" => 2,
        _ => 3,
    };

    private static JsonElement? Member(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) return null;
        try
        {
            return element.TryGetProperty(name, out var value) ? value : null;
        }
        catch (InvalidOperationException)
        {
            // The name of another member contains an unpaired surrogate. This member can still be found.
            return element.EnumerateObject().Where(member => IsNamed(member, name)).Select(member => (JsonElement?)member.Value).LastOrDefault();
        }
    }

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static MemberValue ValueOf(JsonElement element)
    {
        try
        {
            if (element.ValueKind == JsonValueKind.String) return new MemberValue(element.GetString()!, true);
        }
        catch (InvalidOperationException)
        {
            // The string contains an unpaired surrogate, so it cannot be decoded.
        }
        var json = element.GetRawText();
        // A number of more digits cannot be an identifier. It is not converted either, because that takes time in proportion to its length.
        return element.ValueKind == JsonValueKind.Number && json.Length <= IdentifierTypes.MaxValueLength
            ? new MemberValue(CanonicalIdentifier.OfNumber(json), true)
            : new MemberValue(json, false);
    }
}
