using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>Reads and makes JSON values. What a sender got wrong (half a surrogate pair) reads as nothing, and throws nothing.</summary>
public static class Values
{
    // The output is no HTML; letters beyond ASCII stay as they are.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Not there, null, or an empty text: forms and tables cannot say it otherwise.</summary>
    public static bool IsNothing(JsonElement value) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value).Length == 2);

    public static JsonElement Member(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object) return default;
        try
        {
            return value.TryGetProperty(name, out var member) ? member : default;
        }
        catch (InvalidOperationException)
        {
            // A name beside it holds half a surrogate pair, and the element has no way to ask beforehand.
            return default;
        }
    }

    /// <summary>The text of a text, number or boolean; null for anything else.</summary>
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

    /// <summary>The text with U+FFFD for each half of a surrogate pair, which UTF-8 cannot carry.</summary>
    public static string WellFormed(string text) => text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes()) : text;

    public static JsonElement Of(long number) => JsonSerializer.SerializeToElement(number);

    public static JsonElement Of(bool flag) => JsonSerializer.SerializeToElement(flag);

    /// <summary>The value that a JSON text stands for; nothing where it is none.</summary>
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

    /// <summary>The value of JSON that was written here.</summary>
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

    /// <summary>Copies the bytes as the sender wrote them.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement value) => writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, new JsonWriterOptions { Encoder = Relaxed.Encoder, SkipValidation = true });

    /// <summary>Deeper than any payload is read, so that what was read can be written and read again.</summary>
    public const int Depth = 1_000;
}
