using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cdp.Destinations.Fql;

internal enum ValueKind : byte
{
    /// <summary>A field that is missing, or a JSON null: FQL does not distinguish them.</summary>
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,

    /// <summary>The result of an operation on values that it does not support. It makes every expression around it an error too.</summary>
    Error,

    /// <summary>A field that is not known yet, because only the type and name of the event have been read.</summary>
    Unknown,
}

/// <summary>A value of an expression: a constant, a field, or the result of a function.</summary>
internal readonly struct Value
{
    public static readonly Value Null = default;
    public static readonly Value Error = new(ValueKind.Error);
    public static readonly Value Unknown = new(ValueKind.Unknown);
    public static readonly Value True = new(ValueKind.Bool) { Number = 1 };
    public static readonly Value False = new(ValueKind.Bool);

    // A string or list of the event stays JSON until its content is needed.
    private readonly JsonElement _json;

    // A string, or the items of a list; null where the JSON element holds the value.
    private readonly object? _made;

    private Value(ValueKind kind) => Kind = kind;

    private Value(ValueKind kind, JsonElement json) => (Kind, _json) = (kind, json);

    private Value(string text) => (Kind, _made) = (ValueKind.Text, text);

    private Value(IReadOnlyList<Value> items) => (Kind, _made) = (ValueKind.List, items);

    public ValueKind Kind { get; }

    private string? MadeText => _made as string;

    private IReadOnlyList<Value>? MadeItems => _made as IReadOnlyList<Value>;

    /// <summary>The value of a number; 1 for true, 0 for false.</summary>
    public double Number { get; private init; }

    public bool IsTrue => Kind == ValueKind.Bool && Number != 0;

    public static Value Of(bool value) => value ? True : False;

    public static Value Of(double value) => new(ValueKind.Number) { Number = value };

    public static Value Of(string? value) => value is null ? Null : new Value(value);

    public static Value Of(IReadOnlyList<Value> items) => new(items);

    public static Value Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True => True,
        JsonValueKind.False => False,
        JsonValueKind.Number => Of(json.GetDouble()),
        JsonValueKind.String => new Value(ValueKind.Text, json),
        JsonValueKind.Array => new Value(ValueKind.List, json),
        JsonValueKind.Object => new Value(ValueKind.Object, json),
        _ => Null,
    };

    /// <summary>The content of a string.</summary>
    public string Text() => MadeText ?? _json.GetString()!;

    /// <summary>The items of a list.</summary>
    public IEnumerable<Value> Items() => MadeItems ?? _json.EnumerateArray().Select(Of);

    public int Count() => MadeItems?.Count ?? _json.GetArrayLength();

    /// <summary>The length of a string in UTF-8 bytes.</summary>
    public int ByteCount() => Encoding.UTF8.GetByteCount(Text());

    /// <summary>Whether this is a string with the given content.</summary>
    /// <param name="text">The content.</param>
    /// <param name="utf8">The same in UTF-8.</param>
    public bool IsText(string text, ReadOnlySpan<byte> utf8) => Kind == ValueKind.Text && (_made is null ? _json.ValueEquals(utf8) : Text() == text);

    /// <summary>
    /// Whether two values have the same type and are equal. Nothing is converted: 5 is not "5". Lists and objects are equal if their JSON is equal, including
    /// the order.
    /// </summary>
    public static bool AreEqual(in Value a, in Value b)
    {
        if (a.Kind != b.Kind) return false;
        return a.Kind switch
        {
            ValueKind.Null => true,
            ValueKind.Bool or ValueKind.Number => a.Number == b.Number,
            ValueKind.Text when a.MadeText is null => b.MadeText is not null ? a._json.ValueEquals(b.MadeText) : a._json.ValueEquals(b._json.GetString()),
            ValueKind.Text when b.MadeText is null => b._json.ValueEquals(a.MadeText),
            ValueKind.Text => a.MadeText == b.MadeText,
            ValueKind.List => a.Count() == b.Count() && a.Items().Zip(b.Items()).All(pair => AreEqual(pair.First, pair.Second)),
            ValueKind.Object => AreEqual(a._json, b._json),
            _ => false,
        };
    }

    /// <summary>The value as FQL's <c>string()</c> formats it: a number in its shortest form, a list or object as JSON, null as an empty string.</summary>
    public string Format() => Kind switch
    {
        ValueKind.Text => Text(),
        ValueKind.Bool => IsTrue ? "true" : "false",
        ValueKind.Number => Number.ToString("R", CultureInfo.InvariantCulture),
        ValueKind.List when MadeItems is not null => $"[{string.Join(',', MadeItems.Select(item => item.ToJson()))}]",
        ValueKind.List or ValueKind.Object => _json.GetRawText(),
        _ => "",
    };

    private string ToJson() => Kind switch
    {
        ValueKind.Text => JsonSerializer.Serialize(Text()),
        ValueKind.Null => "null",
        _ => Format(),
    };

    private static bool AreEqual(JsonElement a, JsonElement b)
    {
        var (left, right) = (a.EnumerateObject().ToList(), b.EnumerateObject().ToList());
        if (left.Count != right.Count) return false;
        return left.Zip(right).All(pair => pair.First.Name == pair.Second.Name && AreEqual(Of(pair.First.Value), Of(pair.Second.Value)));
    }
}
