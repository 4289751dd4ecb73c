using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cdp.Destinations.Descriptions;

/// <summary>YAML as JSON, by the rules of YAML 1.2: a plain true, null or number is one, anything in quotes is a string.</summary>
internal static partial class YamlJson
{
    // An alias stands for the whole value of its anchor, so a small text could become a huge one.
    private const int MaxValues = 20_000;
    private const int MaxDepth = 60;

    /// <summary>Reads one document.</summary>
    /// <param name="name">The name of the file, for errors.</param>
    /// <param name="yaml">The text.</param>
    /// <param name="errors">Receives the error, with line and remedy.</param>
    /// <returns>An object; null if there was an error.</returns>
    public static JsonElement? Read(string name, string yaml, ICollection<string> errors)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is not [{ RootNode: YamlMappingNode root }])
            {
                errors.Add($"{name}:1: the file has {stream.Documents.Count} documents or no mapping; write one mapping of keys to values");
                return null;
            }
            var bytes = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(bytes))
            {
                var left = MaxValues;
                Write(root, json, ref left);
            }
            return JsonElement.Parse(bytes.WrittenSpan);
        }
        catch (YamlException e)
        {
            errors.Add($"{name}:{e.Start.Line}: {e.Message}; fix the YAML");
            return null;
        }
    }

    private static void Write(YamlNode node, Utf8JsonWriter json, ref int left)
    {
        if (--left < 0) throw new YamlException(node.Start, node.End, $"the file has more than {MaxValues} values, with those of aliases");
        if (json.CurrentDepth > MaxDepth) throw new YamlException(node.Start, node.End, $"values are nested deeper than {MaxDepth} levels");
        switch (node)
        {
            case YamlMappingNode mapping:
                json.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    if (key is not YamlScalarNode { Value: { } name }) throw new YamlException(key.Start, key.End, "the key is not a string");
                    json.WritePropertyName(name);
                    Write(value, json, ref left);
                }
                json.WriteEndObject();
                break;
            case YamlSequenceNode list:
                json.WriteStartArray();
                foreach (var item in list.Children) Write(item, json, ref left);
                json.WriteEndArray();
                break;
            case YamlScalarNode { Style: ScalarStyle.Plain } plain when plain.Tag.IsEmpty:
                Plain(plain.Value ?? "", json);
                break;
            default:
                json.WriteStringValue(((YamlScalarNode)node).Value);
                break;
        }
    }

    private static void Plain(string text, Utf8JsonWriter json)
    {
        if (text is "" or "~" or "null") json.WriteNullValue();
        else if (text is "true" or "false") json.WriteBooleanValue(text == "true");
        else if (Number().IsMatch(text)) json.WriteRawValue(text);
        else json.WriteStringValue(text);
    }

    [GeneratedRegex(@"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\z")]
    private static partial Regex Number();
}
