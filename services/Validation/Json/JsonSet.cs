using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Json;

/// <summary>
/// A set of JSON values with the equality of JSON Schema: 1 and 1.0 are equal, and so are objects with the same members in another order. Only objects
/// and arrays are converted to text to compare them.
/// </summary>
public sealed class JsonSet
{
    private readonly HashSet<object> _values = [];
    private bool _holdsContainers;

    public static JsonSet Of(IEnumerable<JToken> values)
    {
        var set = new JsonSet();
        foreach (var value in values) set.Add(value, out _);
        return set;
    }

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="characters">The length of the text that it was converted to; 0 if it was not.</param>
    /// <returns>False if the set contains it already.</returns>
    public bool Add(JToken value, out int characters)
    {
        _holdsContainers |= value is JContainer;
        return _values.Add(Key(value, out characters));
    }

    /// <summary>Whether the set contains the value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="characters">The length of the text that it was converted to; 0 if it was not.</param>
    public bool Contains(JToken value, out int characters)
    {
        characters = 0;
        return (_holdsContainers || value is not JContainer) && _values.Contains(Key(value, out characters));
    }

    private static object Key(JToken value, out int characters)
    {
        characters = 0;
        switch (value.Type)
        {
            case JTokenType.Object or JTokenType.Array:
                var text = JsonTree.Canonical(value);
                characters = text.Length;
                return new Container(text);
            case JTokenType.String: return (string)value!;
            case JTokenType.Boolean: return (bool)value;
            case JTokenType.Null: return DBNull.Value;
            default: return JsonTree.Number(value)!;
        }
    }

    // A separate type, so that it does not equal a string with the same text.
    private sealed record Container(string Text);
}
