using System.Globalization;
using System.Text;
using System.Text.Json;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Json;

/// <summary>
/// Parses JSON text into a tree. It reads with System.Text.Json, because Newtonsoft's reader accepts comments and single quotes, and distinguishes 1.0
/// from the integer 1, which JSON Schema does not.
/// </summary>
public static class JsonTree
{
    /// <summary>Deeper than any real event, and shallow enough for recursion.</summary>
    private const int MaxDepth = 256;

    public static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

    /// <exception cref="JsonException">The text is not JSON, or is nested too deep.</exception>
    public static JToken Parse(string json)
    {
        var reader = Reader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var root = Value(ref reader);
        reader.Read();
        return root;
    }

    /// <summary>The JSON Pointer (RFC 6901) of a token in its tree.</summary>
    public static string Pointer(JToken token)
    {
        var steps = new Stack<string>();
        for (var at = token; at.Parent is { } parent; at = parent)
        {
            if (at is JProperty property) steps.Push(Escape(property.Name));
            else if (parent is JArray array) steps.Push(array.IndexOf(at).ToString(CultureInfo.InvariantCulture));
        }
        return string.Concat(steps.Select(step => "/" + step));
    }

    /// <summary>The number of elements that <see cref="Pointer"/> searches: all elements of the arrays that enclose a token.</summary>
    public static int Siblings(JToken token) => token.AncestorsAndSelf().OfType<JArray>().Where(array => array != token).Sum(array => array.Count);

    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The reader's current name or string. Half of a surrogate pair, for which the reader's own method throws, becomes U+FFFD.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.GetString()!;
        using var lenient = new Newtonsoft.Json.JsonTextReader(new StringReader($"\"{Encoding.UTF8.GetString(reader.ValueSpan)}\""));
        return lenient.ReadAsString()!;
    }

    /// <summary>The value of a number; null for other tokens. A number outside the range of decimal becomes its lowest or highest value.</summary>
    public static decimal? Number(JToken token) => token.Type switch
    {
        JTokenType.Integer => (long)token,
        JTokenType.Float => Number((double)token),
        _ => null,
    };

    /// <inheritdoc cref="Number(JToken)"/>
    public static decimal Number(double number)
    {
        if (number >= (double)decimal.MaxValue) return decimal.MaxValue;
        return number <= (double)decimal.MinValue ? decimal.MinValue : (decimal)number;
    }

    /// <summary>
    /// Text that is the same for two tokens if and only if they are equal in JSON Schema: 1 equals 1.0, and the order of members is ignored.
    /// </summary>
    public static string Canonical(JToken token)
    {
        var text = new StringBuilder();
        Canonical(token, text);
        return text.ToString();
    }

    private static void Canonical(JToken token, StringBuilder text)
    {
        switch (token)
        {
            case JObject members:
                text.Append('{');
                foreach (var member in members.Properties().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    text.Append(JsonSerializer.Serialize(member.Name)).Append(':');
                    Canonical(member.Value, text);
                }
                text.Append('}');
                break;
            case JArray elements:
                text.Append('[');
                foreach (var element in elements)
                {
                    Canonical(element, text);
                    text.Append(',');
                }
                text.Append(']');
                break;
            case { Type: JTokenType.String }: text.Append(JsonSerializer.Serialize((string?)token)); break;
            case { Type: JTokenType.Boolean }: text.Append((bool)token ? "true" : "false"); break;
            default: text.Append(Number(token)?.ToString("0.#############################", CultureInfo.InvariantCulture) ?? "null"); break;
        }
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
        // A whole number outside the range of long becomes its lowest or highest value. Only multipleOf could tell the difference.
        var number = double.Parse(reader.ValueSpan, CultureInfo.InvariantCulture);
        return number == Math.Floor(number) ? new JValue((long)number) : new JValue(number);
    }
}
