using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>Reads and creates JSON values without throwing on invalid input: a string with an unpaired surrogate counts as missing.</summary>
public static class Values
{
    // The JSON is never embedded in HTML, so only what JSON requires is escaped.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a value is missing, null or an empty string. Forms and tables have no other way to express a missing value.</summary>
    public static bool IsNothing(JsonElement value)
    {
        const int EmptyText = 2;
        return value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
            || (value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value).Length == EmptyText);
    }

    public static JsonElement Member(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object) return default;
        try
        {
            return value.TryGetProperty(name, out var member) ? member : default;
        }
        catch (InvalidOperationException)
        {
            // The name of another member contains an unpaired surrogate. JsonElement offers no way to check beforehand.
            return value.EnumerateObject().LastOrDefault(member => IsNamed(member, name)) is { Value: var found } ? found : default;
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

    /// <summary>A string, number or boolean as a string; null for anything else.</summary>
    public static string? Text(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                try
                {
                    return value.GetString();
                }
                catch (InvalidOperationException)
                {
                    return null;
                }
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                return Encoding.ASCII.GetString(JsonMarshal.GetRawUtf8Value(value));
            default:
                return null;
        }
    }

    public static JsonElement Of(string text) => JsonSerializer.SerializeToElement(WellFormed(text), Relaxed);

    /// <summary>The string with U+FFFD in place of each unpaired surrogate, which UTF-8 cannot represent.</summary>
    public static string WellFormed(string text) => text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes()) : text;

    public static JsonElement Of(long number) => JsonSerializer.SerializeToElement(number);

    public static JsonElement Of(bool flag) => JsonSerializer.SerializeToElement(flag);

    /// <summary>Parses JSON; <c>default</c> if the text is not JSON.</summary>
    public static JsonElement Parse(string json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>Parses JSON that this program wrote.</summary>
    public static JsonElement Parse(ReadOnlySpan<byte> json) => JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = Depth });

    public static JsonElement List(IReadOnlyList<JsonElement> items)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = Writer(buffer))
        {
            writer.WriteStartArray();
            foreach (var item in items) Write(writer, item);
            writer.WriteEndArray();
        }
        return Parse(buffer.WrittenSpan);
    }

    /// <summary>Writes a value with the bytes that the sender wrote.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement value) => writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, new JsonWriterOptions { Encoder = Relaxed.Encoder, SkipValidation = true });

    /// <summary>Deeper than any payload may be nested, so that events created from a payload can always be parsed again.</summary>
    public const int Depth = 1_000;
}
