using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Mapping;

/// <summary>What can stand behind a bar: <c>$.created | time</c>. A value that a conversion does not fit stays as it is.</summary>
public static class Conversions
{
    // As seconds, the year 5138; as milliseconds, 1973.
    private const decimal FirstMillisecond = 100_000_000_000m;
    private const decimal LastMillisecond = 253_402_300_799_999m;

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

    /// <summary>Null where there is no such conversion, or it needs a text and has none, or has one and needs none.</summary>
    public static Func<JsonElement, JsonElement>? Find(string name, string? argument)
    {
        if (argument is null) return Plain.GetValueOrDefault(name);
        return argument.Length > 0 && WithText.TryGetValue(name, out var conversion) ? value => conversion(value, argument) : null;
    }

    /// <summary>The time in UTC that a text or a number of seconds or milliseconds since 1970 stands for, as ISO 8601; null where it stands for none.</summary>
    public static JsonElement? Time(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(value));
            if (reader.Read() && JsonText.TryGetTime(ref reader, out var time)) return Iso(time);
        }
        if (Decimal(value) is not { } number) return null;
        var milliseconds = Math.Abs(number) < FirstMillisecond ? number * 1_000 : number;
        if (Math.Abs(milliseconds) > LastMillisecond || milliseconds < -62_135_596_800_000m) return null;
        return Iso(DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds).UtcDateTime);
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

    private static decimal? Decimal(JsonElement value) =>
        Number(value) is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var found) ? found : null;
}
