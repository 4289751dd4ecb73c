using System.Globalization;
using System.Text;
using System.Text.Json;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Plans;

/// <summary>
/// JSON text to the tree that the schema library reads. Parsed by System.Text.Json because Newtonsoft's own reader takes comments and single
/// quotes for JSON, and tells 1.0 from the integer 1, which JSON Schema does not.
/// </summary>
internal static class JsonTree
{
    /// <summary>Deeper than any event is meant to be, shallow enough to recurse on.</summary>
    private const int MaxDepth = 256;

    public static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

    /// <exception cref="JsonException">Not JSON, or nested too deep.</exception>
    public static JToken Parse(string json)
    {
        var reader = Reader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var root = Value(ref reader);
        reader.Read();
        return root;
    }

    /// <summary>The JSON Pointer (RFC 6901) of a token in its tree.</summary>
    public static string Pointer(JToken token) => token switch
    {
        JProperty property => $"{Pointer(property.Parent!)}/{Escape(property.Name)}",
        { Parent: null } => "",
        { Parent: JArray array } => $"{Pointer(array)}/{array.IndexOf(token)}",
        _ => Pointer(token.Parent!),
    };

    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The text of the name or string that the reader stands on. Half a surrogate pair, which the reader's own method throws for, becomes U+FFFD.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.GetString()!;
        using var lenient = new Newtonsoft.Json.JsonTextReader(new StringReader($"\"{Encoding.UTF8.GetString(reader.ValueSpan)}\""));
        return lenient.ReadAsString()!;
    }

    private static JToken Value(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new JObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = Text(ref reader);
                    reader.Read();
                    members[name] = Value(ref reader);
                }
                return members;
            case JsonTokenType.StartArray:
                var elements = new JArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) elements.Add(Value(ref reader));
                return elements;
            case JsonTokenType.String: return new JValue(Text(ref reader));
            case JsonTokenType.Number: return Number(ref reader);
            case JsonTokenType.Null: return JValue.CreateNull();
            default: return new JValue(reader.TokenType == JsonTokenType.True);
        }
    }

    private static JValue Number(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var small)) return new JValue(small);
        // The library fails on wider integers. One that a long cannot hold becomes the nearest that it can; only a multipleOf could tell.
        var number = double.Parse(reader.ValueSpan, CultureInfo.InvariantCulture);
        return number == Math.Floor(number) ? new JValue((long)number) : new JValue(number);
    }
}
