using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Browser;

/// <summary>The event that the query of a pixel's URL tells, as the JSON that an SDK would have posted.</summary>
public static class PixelEvent
{
    // Deeper, and the rest of the name is a name; nothing that means anything is nested so deep.
    private const int MaxDepth = 16;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Segment's <c>data</c>: JSON in Base64, of either alphabet, padded or not. Null where it is not Base64.</summary>
    public static byte[]? FromData(string data)
    {
        // Who has not escaped a + finds a space in its place.
        var text = data.Replace(' ', '-').Replace('+', '-').Replace('/', '_').TrimEnd('=');
        return Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
    }

    /// <summary>Both vendors' plain form: a parameter for each member, its path with dots, <c>properties.sku=LAMP-1</c>. Every value is a text.</summary>
    /// <param name="query">The parameters; of one given twice the last counts.</param>
    public static byte[] FromQuery(IEnumerable<KeyValuePair<string, string>> query)
    {
        var root = new JsonObject();
        foreach (var (name, value) in query)
        {
            if (name != "writeKey") Set(root, name.Split('.', MaxDepth), value);
        }
        return Encoding.UTF8.GetBytes(root.ToJsonString(Relaxed));
    }

    private static void Set(JsonObject root, string[] path, string value)
    {
        var parent = root;
        foreach (var name in path.AsSpan(0, path.Length - 1))
        {
            if (parent[name] is not JsonObject child) parent[name] = child = [];
            parent = child;
        }
        parent[path[^1]] = value;
    }
}
