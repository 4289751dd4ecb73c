using System.Text.Json;
using cdp;

namespace Cdp.Identifiers;

/// <summary>What stands where an identifier is looked for.</summary>
/// <param name="Text">A string's, else the JSON as sent.</param>
/// <param name="IsUsable">Whether it is a text or a number, of which the JSON is the text.</param>
internal readonly record struct Found(string Text, bool IsUsable);

/// <summary>An event's free-form members, each parsed at most once.</summary>
internal sealed class EventMembers(Event envelope) : IDisposable
{
    private readonly JsonDocument?[] _parsed = new JsonDocument?[Place.Objects.Count];

    /// <summary>The values that stand at a place: mostly none or one.</summary>
    public IEnumerable<Found> At(Place place, string type)
    {
        if (place.Path.Count == 0) return (place.Member == "userId" ? envelope.userId : envelope.anonymousId) is { } id ? [new Found(id, true)] : [];
        // The traits of a group call are the account's.
        if (place.Member == "traits" && envelope.type != "identify") return [];
        if (!place.When.All(IsMet) || Find(place.Member, place.Path) is not { } found) return [];
        if (place.IsExternalIds) return ExternalIds(found, type);
        return found.ValueKind == JsonValueKind.Null ? [] : [Text(found)];
    }

    /// <summary>The pairs of a merge call; those that have no type or no value are left out.</summary>
    public IReadOnlyList<(string Type, Found Value)> MergeProperties()
    {
        if (Find("extra", ["mergeProperties"]) is not { ValueKind: JsonValueKind.Array } list) return [];
        var pairs = new List<(string, Found)>();
        foreach (var item in list.EnumerateArray())
        {
            if (Member(item, "type") is { ValueKind: JsonValueKind.String } type && Member(item, "value") is { } value) pairs.Add((Text(type).Text, Text(value)));
        }
        return pairs;
    }

    public void Dispose()
    {
        foreach (var document in _parsed) document?.Dispose();
    }

    private static List<Found> ExternalIds(JsonElement list, string type)
    {
        var ids = new List<Found>();
        if (list.ValueKind != JsonValueKind.Array) return ids;
        foreach (var item in list.EnumerateArray())
        {
            if (Member(item, "type") is { ValueKind: JsonValueKind.String } own && Text(own).Text == type && Member(item, "id") is { ValueKind: not JsonValueKind.Null } id) ids.Add(Text(id));
        }
        return ids;
    }

    private bool IsMet((IReadOnlyList<string> Path, string Text) condition) =>
        Find("context", condition.Path) is { } found && string.Equals(Text(found).Text, condition.Text, StringComparison.OrdinalIgnoreCase);

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
            // Some other member's name holds half of a surrogate pair. That is no reason not to find this one.
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

    private static Found Text(JsonElement element)
    {
        try
        {
            if (element.ValueKind == JsonValueKind.String) return new Found(element.GetString()!, true);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which no text has.
        }
        return new Found(element.GetRawText(), element.ValueKind == JsonValueKind.Number);
    }
}
