using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Destinations.Values;

/// <summary>The kind of a <see cref="Datum"/>.</summary>
public enum DatumKind : byte
{
    /// <summary>Missing, like JavaScript's undefined: omitted from objects, null in arrays.</summary>
    Missing,
    Null,
    Boolean,
    Number,
    Text,
    Array,
    Object,
}

/// <summary>
/// A JSON value or a missing value: either a part of an event, unchanged, or the result of a mapping. Immutable. Valid as long as the document of the event.
/// </summary>
public readonly struct Datum
{
    public static readonly Datum Missing = default;
    public static readonly Datum Null = new(DatumKind.Null, default, null);
    public static readonly Datum True = new(DatumKind.Boolean, default, true);
    public static readonly Datum False = new(DatumKind.Boolean, default, false);

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly JsonElement _json;

    // A string, a double, a boolean, or the list of an array's items or an object's members; null if the JSON element contains the value.
    private readonly object? _made;

    private Datum(DatumKind kind, JsonElement json, object? made) => (Kind, _json, _made) = (kind, json, made);

    public DatumKind Kind { get; }

    public bool IsMissing => Kind == DatumKind.Missing;

    /// <summary>Missing or null.</summary>
    public bool IsNullish => Kind is DatumKind.Missing or DatumKind.Null;

    /// <summary>Whether JavaScript treats the value as false: missing, null, false, 0 or an empty string.</summary>
    public bool IsFalsy => Kind switch
    {
        DatumKind.Missing or DatumKind.Null => true,
        DatumKind.Boolean => !Boolean,
        DatumKind.Number => Number == 0,
        DatumKind.Text => Text.Length == 0,
        _ => false,
    };

    public bool Boolean => _made is bool made ? made : _json.ValueKind == JsonValueKind.True;

    public double Number => _made is double made ? made : _json.GetDouble();

    public string Text => _made as string ?? _json.GetString()!;

    public static Datum Of(bool value) => value ? True : False;

    public static Datum Of(double value) => new(DatumKind.Number, default, value);

    public static Datum Of(string value) => new(DatumKind.Text, default, value);

    public static Datum Of(IReadOnlyList<Datum> items) => new(DatumKind.Array, default, items);

    /// <param name="members">The members in order, with distinct names.</param>
    public static Datum Of(IReadOnlyList<KeyValuePair<string, Datum>> members) => new(DatumKind.Object, default, members);

    public static Datum Of(JsonElement json) => new(
        json.ValueKind switch
        {
            JsonValueKind.Null => DatumKind.Null,
            JsonValueKind.True or JsonValueKind.False => DatumKind.Boolean,
            JsonValueKind.Number => DatumKind.Number,
            JsonValueKind.String => DatumKind.Text,
            JsonValueKind.Array => DatumKind.Array,
            JsonValueKind.Object => DatumKind.Object,
            _ => DatumKind.Missing,
        },
        json,
        null);

    /// <summary>The items of an array.</summary>
    public IEnumerable<Datum> Items() => _made as IReadOnlyList<Datum> ?? _json.EnumerateArray().Select(Of);

    public int ItemCount() => _made is IReadOnlyList<Datum> made ? made.Count : _json.GetArrayLength();

    /// <summary>The members of an object, in order. If the sender wrote a name twice, the last one counts.</summary>
    public IReadOnlyList<KeyValuePair<string, Datum>> Members() => _made as IReadOnlyList<KeyValuePair<string, Datum>> ?? ReadMembers();

    /// <summary>A member of an object, an item of an array by its index, or the <c>length</c> of an array or string; otherwise missing.</summary>
    public Datum Member(string name)
    {
        switch (Kind)
        {
            case DatumKind.Object when _made is IReadOnlyList<KeyValuePair<string, Datum>> made:
                foreach (var (key, value) in made)
                {
                    if (key == name) return value;
                }
                return Missing;
            case DatumKind.Object:
                return _json.TryGetProperty(name, out var member) ? Of(member) : Missing;
            case DatumKind.Array when name == "length":
                return Of(ItemCount());
            case DatumKind.Array:
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= ItemCount()) return Missing;
                return _made is IReadOnlyList<Datum> items ? items[index] : Of(_json[index]);
            case DatumKind.Text when name == "length":
                return Of(Text.Length);
            default:
                return Missing;
        }
    }

    /// <summary>As <see cref="Member(string)"/>, with the name in UTF-8 as well, which saves the conversion.</summary>
    internal Datum Member(string name, ReadOnlySpan<byte> utf8)
    {
        if (Kind != DatumKind.Object || _made is not null) return Member(name);
        return _json.TryGetProperty(utf8, out var member) ? Of(member) : Missing;
    }

    /// <summary>
    /// The value as JavaScript converts it to a string: empty for null, <c>[object Object]</c> for an object, the items of an array joined by commas.
    /// </summary>
    public string Format() => Kind switch
    {
        DatumKind.Boolean => Boolean ? "true" : "false",
        DatumKind.Number => JsNumber.Format(Number),
        DatumKind.Text => Text,
        DatumKind.Array => string.Join(',', Items().Select(item => item.Format())),
        DatumKind.Object => "[object Object]",
        _ => "",
    };

    /// <summary>The value as JSON. A number from the event keeps its original notation.</summary>
    public string ToJson() => Encoding.UTF8.GetString(ToUtf8().WrittenSpan);

    /// <summary>The value as a JSON element. If it is an unchanged part of the event, it is not copied.</summary>
    internal JsonElement ToElement() => _made is null && _json.ValueKind != JsonValueKind.Undefined ? _json : JsonElement.Parse(ToUtf8().WrittenSpan);

    private ArrayBufferWriter<byte> ToUtf8()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes, Relaxed);
        WriteTo(json);
        json.Flush();
        return bytes;
    }

    // Comparing each name with those before is cheapest for the few members that most objects have.
    private IReadOnlyList<KeyValuePair<string, Datum>> ReadMembers()
    {
        const int Few = 16;
        var count = _json.GetPropertyCount();
        if (count > Few)
        {
            OrderedDictionary<string, Datum> many = new(count);
            foreach (var member in _json.EnumerateObject()) many[member.Name] = Of(member.Value);
            return many;
        }
        List<KeyValuePair<string, Datum>> members = new(count);
        foreach (var member in _json.EnumerateObject())
        {
            var name = member.Name;
            var same = members.FindIndex(other => other.Key == name);
            if (same < 0) members.Add(new(name, Of(member.Value)));
            else members[same] = new(name, Of(member.Value));
        }
        return members;
    }

    /// <summary>Writes the value; a missing one as null.</summary>
    public void WriteTo(Utf8JsonWriter json) => Write(json, asSent: false);

    /// <summary>Writes the value. Unchanged parts of the event keep the white space and the escapes of the sender.</summary>
    internal void WriteAsSent(Utf8JsonWriter json) => Write(json, asSent: true);

    private void Write(Utf8JsonWriter json, bool asSent)
    {
        switch (Kind)
        {
            case DatumKind.Object when _made is not null:
                json.WriteStartObject();
                foreach (var (name, value) in Members().Where(member => !member.Value.IsMissing))
                {
                    json.WritePropertyName(name);
                    value.Write(json, asSent);
                }
                json.WriteEndObject();
                break;
            case DatumKind.Array when _made is not null:
                json.WriteStartArray();
                foreach (var item in Items()) item.Write(json, asSent);
                json.WriteEndArray();
                break;
            case DatumKind.Number when _made is double made:
                json.WriteRawValue(JsNumber.Format(made), skipInputValidation: true);
                break;
            case DatumKind.Text when _made is string made:
                json.WriteStringValue(made);
                break;
            case DatumKind.Boolean:
                json.WriteBooleanValue(Boolean);
                break;
            case DatumKind.Missing or DatumKind.Null:
                json.WriteNullValue();
                break;
            case var _ when asSent:
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(_json), skipInputValidation: true);
                break;
            default:
                _json.WriteTo(json);
                break;
        }
    }
}
