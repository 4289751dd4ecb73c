using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Browser;

/// <summary>Turns the query of a pixel's URL into the JSON event that an SDK would have posted.</summary>
public static class PixelEvent
{
    // Further dots in a parameter's name are part of the last member's name. Nothing meaningful is nested this deeply.
    private const int MaxDepth = 16;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Segment's parameter <c>data</c>: JSON in Base64 with either alphabet, padded or not. Null if it is not Base64.</summary>
    public static byte[]? FromData(string data)
    {
        // A '+' that was not escaped in the URL arrives as a space.
        var text = data.Replace(' ', '-').Replace('+', '-').Replace('/', '_').TrimEnd('=');
        return Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
    }

    /// <summary>
    /// Both vendors' plain form: a parameter for each member, with dots in nested names: <c>properties.sku=LAMP-1</c>. All values are strings.
    /// </summary>
    /// <param name="query">The parameters. If one occurs twice, the last counts.</param>
    public static byte[] FromQuery(IEnumerable<KeyValuePair<string, string>> query)
    {
        var root = new JsonObject();
        foreach (var (name, value) in query)
        {
            // ASP.NET ignores case in the names of query parameters, so the write key parameter may be written in any case.
            if (!name.Equals("writeKey", StringComparison.OrdinalIgnoreCase)) Set(root, name.Split('.', MaxDepth), value);
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
