using System.Text.Json.Nodes;

namespace Cdp.Streaming.Schemas;

/// <summary>
/// The parts of an Avro schema that determine the bytes of its records and how they are read: names, types and the order of the fields. This is Avro's parsing
/// canonical form, except that logical types are kept, since the generated code depends on them.
/// </summary>
internal static class SchemaLayout
{
    // Documentation, and attributes that are used only in the schema of the reader.
    private static readonly string[] Irrelevant = ["doc", "aliases", "default", "order"];

    /// <summary>The layout as JSON. Records of schemas with the same layout are read by the same code.</summary>
    public static string Of(Avro.Schema schema)
    {
        var root = JsonNode.Parse(schema.ToString())!;
        Strip(root);
        return root.ToJsonString();
    }

    private static void Strip(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) Strip(item);
        }
        if (node is not JsonObject schema) return;
        foreach (var name in Irrelevant) schema.Remove(name);
        foreach (var (_, value) in schema) Strip(value);
    }
}
