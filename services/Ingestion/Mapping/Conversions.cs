using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Mapping;

/// <summary>The conversions that can follow a path after a bar: <c>$.created | time</c>. A value that a conversion does not apply to stays unchanged.</summary>
public static class Conversions
{
    private static readonly Dictionary<string, Func<JsonElement, JsonElement>> Plain = new(StringComparer.Ordinal)
    {
        ["text"] = value => Values.Text(value) is { } text ? Values.Of(text) : value,
        ["number"] = Number,
        ["boolean"] = Flag,
        ["time"] = value => Time(value) ?? value,
        ["lower"] = value => OfText(value, text => text.ToLowerInvariant()),
        ["upper"] = value => OfText(value, text => text.ToUpperInvariant()),
        ["trim"] = value => OfText(value, text => text.Trim()),
        ["json"] = Parsed,
        ["count"] = value => value.ValueKind == JsonValueKind.Array ? Values.Of(value.GetArrayLength()) : value,
    };

    private static readonly Dictionary<string, Func<JsonElement, string, JsonElement>> WithText = new(StringComparer.Ordinal)
    {
        ["split"] = Split,
        ["join"] = Join,
        ["after"] = After,
    };

    public static IEnumerable<string> Names => Plain.Keys.Concat(WithText.Keys.Select(name => name + "('…')"));

    /// <summary>Finds a conversion; null if there is none of this name, or its argument is missing or unexpected.</summary>
    public static Func<JsonElement, JsonElement>? Find(string name, string? argument)
    {
        if (argument is null) return Plain.GetValueOrDefault(name);
        return argument.Length > 0 && WithText.TryGetValue(name, out var conversion) ? value => conversion(value, argument) : null;
    }

    /// <summary>Reads a string or a number as a time (<see cref="EventTime"/>) and returns it in UTC as ISO 8601; null if it is not a time.</summary>
    public static JsonElement? Time(JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) return null;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(value));
        return reader.Read() && JsonText.TryGetTime(ref reader, out var time) ? Iso(time) : null;
    }

    private static JsonElement Iso(DateTime time) => Values.Of(time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

    private static JsonElement Parsed(JsonElement value) => JsonOf(value) is { ValueKind: not JsonValueKind.Undefined } parsed ? parsed : value;

    private static JsonElement Number(JsonElement value) => JsonOf(value) is { ValueKind: JsonValueKind.Number } number ? number : value;

    private static JsonElement JsonOf(JsonElement value) => TextOf(value) is { } text ? Values.Parse(text) : default;

    private static JsonElement Flag(JsonElement value) => Values.Text(value)?.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "1" => Values.Of(true),
        "false" or "no" or "0" => Values.Of(false),
        _ => value,
    };

    private static JsonElement Split(JsonElement value, string separator) => TextOf(value) is { } text
        ? Values.List([.. text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Values.Of)])
        : value;

    private static JsonElement Join(JsonElement value, string separator) => value.ValueKind == JsonValueKind.Array
        ? Values.Of(string.Join(separator, value.EnumerateArray().Select(Values.Text).Where(text => !string.IsNullOrEmpty(text))))
        : value;

    private static JsonElement After(JsonElement value, string mark) =>
        OfText(value, text => text.LastIndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[(at + mark.Length)..] : text);

    private static JsonElement OfText(JsonElement value, Func<string, string> change) => TextOf(value) is { } text ? Values.Of(change(text)) : value;

    private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? Values.Text(value) : null;

}
