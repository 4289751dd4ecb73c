using System.Globalization;
using System.Text.Json;

namespace Cdp.Destinations.Descriptions;

/// <summary>
/// An object of a description. Reading it collects every error as <c>NAME: /PATH what is wrong; how to fix it</c> and continues, so that all are reported
/// together. A key with an error returns a fallback, which is never used.
/// </summary>
internal sealed class JsonSection(string name, string path, JsonElement json, ICollection<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public JsonElement Json => json;

    public string Path => path;

    public IEnumerable<string> Names => json.EnumerateObject().Select(member => member.Name);

    public void Fault(string key, string fault) => errors.Add($"{name}: {path}/{key} {fault}");

    /// <summary>Adds the errors that another reader found in the value of a key; each begins with its path in that value.</summary>
    public void Faults(string key, IEnumerable<string> faults)
    {
        foreach (var fault in faults) errors.Add($"{name}: {path}/{key}{(fault.StartsWith("/ ", StringComparison.Ordinal) ? fault[1..] : fault)}");
    }

    /// <summary>The value of a key; null if it is missing or null.</summary>
    public JsonElement? Value(string key)
    {
        _known.Add(key);
        return json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? Text(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => Reject<string?>(key, "must be a string", null),
    };

    public string RequiredText(string key, string remedy) => Text(key) is { Length: > 0 } text ? text : Reject(key, $"is missing; {remedy}", "");

    public bool Flag(string key) => Value(key) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => Reject(key, "must be true or false", false),
    };

    public int? Number(string key, int min, int max) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) && value >= min && value <= max => value,
        _ => Reject<int?>(key, $"must be a whole number from {min} to {max}", null),
    };

    public IReadOnlyList<string> Texts(string key) => Value(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } text => [text.GetString()!],
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number) =>
            [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText())],
        { ValueKind: JsonValueKind.Number } number => [number.GetRawText()],
        _ => Reject<IReadOnlyList<string>>(key, "must be a string or a list of strings", []),
    };

    public JsonSection? Section(string key) => Value(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => Within(key, value),
        _ => Reject<JsonSection?>(key, "must be a mapping of keys to values", null),
    };

    /// <summary>The objects of a list.</summary>
    public IReadOnlyList<JsonSection> Sections(string key) => Value(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object) =>
            [.. list.EnumerateArray().Select((item, index) => Within(string.Create(CultureInfo.InvariantCulture, $"{key}/{index}"), item))],
        _ => Reject<IReadOnlyList<JsonSection>>(key, "must be a list of mappings; begin each with '- '", []),
    };

    /// <summary>The members of an object whose values are objects, by name.</summary>
    public IEnumerable<(string Name, JsonSection Section)> Members()
    {
        foreach (var member in json.EnumerateObject())
        {
            _known.Add(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Object) yield return (member.Name, Within(member.Name, member.Value));
            else Fault(member.Name, "must be a mapping of keys to values");
        }
    }

    public void RejectUnknownKeys()
    {
        foreach (var key in Names.Where(key => !_known.Contains(key)))
        {
            Fault(key, $"is not known; use one of {string.Join(", ", _known.Order(StringComparer.Ordinal))}, or remove it");
        }
    }

    private JsonSection Within(string key, JsonElement value) => new(name, $"{path}/{key}", value, errors);

    private T Reject<T>(string key, string fault, T fallback)
    {
        Fault(key, fault);
        return fallback;
    }
}
