using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cdp.Ingestion.Reference;

/// <summary>Formats JSON as people write it: objects and arrays that fit on one line stay on one line.</summary>
public static class JsonLayout
{
    private const int Width = 84;
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value, int indent)
    {
        var line = JsonSerializer.Serialize(value, Relaxed);
        var isObject = value.ValueKind == JsonValueKind.Object;
        if (line.Length + indent <= Width || (!isObject && value.ValueKind != JsonValueKind.Array))
        {
            text.Append(line);
            return;
        }
        var separator = isObject ? '{' : '[';
        var items = isObject
            ? value.EnumerateObject().Select(member => ((string?)member.Name, member.Value))
            : value.EnumerateArray().Select(item => ((string?)null, item));
        foreach (var (name, item) in items)
        {
            text.Append(separator).Append('\n').Append(' ', indent + 2);
            if (name is not null) text.Append(JsonSerializer.Serialize(name, Relaxed)).Append(": ");
            Write(text, item, indent + 2);
            separator = ',';
        }
        text.Append('\n').Append(' ', indent).Append(isObject ? '}' : ']');
    }
}
