using System.Buffers;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping.Yaml;

/// <summary>Converts YAML to JSON: unquoted numbers, true, false and null keep their type, everything else becomes a string.</summary>
public static class YamlJson
{
    // Aliases can expand a small file without limit. Real configurations are far below these limits.
    private const int MaxDepth = 64;
    private const int MaxNodes = 100_000;

    /// <summary>Whether a node can be converted: its keys are strings, it does not contain itself, and it is not excessively deep or large.</summary>
    public static bool IsBounded(YamlNode node)
    {
        var nodes = 0;
        return IsBounded(node, 0, ref nodes);
    }

    public static JsonElement Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any)) return Values.Of(text);
        if (text is "" or "~") return Values.Parse("null");
        var value = Values.Parse(text);
        return value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null ? value : Values.Of(text);
    }

    /// <summary>Converts a node for which <see cref="IsBounded(YamlNode)"/> is true.</summary>
    public static JsonElement Value(YamlNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = Values.Writer(buffer)) Write(writer, node);
        return Values.Parse(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                writer.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    writer.WritePropertyName(Values.WellFormed(((YamlScalarNode)key).Value ?? ""));
                    Write(writer, value);
                }
                writer.WriteEndObject();
                break;
            case YamlSequenceNode list:
                writer.WriteStartArray();
                foreach (var item in list.Children) Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                Values.Write(writer, Scalar((YamlScalarNode)node));
                break;
        }
    }

    private static bool IsBounded(YamlNode node, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes) return false;
        if (node is YamlSequenceNode list)
        {
            foreach (var item in list.Children)
            {
                if (!IsBounded(item, depth + 1, ref nodes)) return false;
            }
        }
        if (node is not YamlMappingNode mapping) return true;
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode || !IsBounded(value, depth + 1, ref nodes)) return false;
        }
        return true;
    }
}
