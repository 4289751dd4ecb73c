using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cdp.Hosting;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cdp.Validation.Plans;

/// <summary>
/// A JSON Schema written in YAML, to JSON. Takes exactly the keywords that are enforced: one that is misspelt, or that the schema library passes over in
/// silence, is a fault here, because a rule that nobody checks is worse than none.
/// </summary>
internal sealed class SchemaYaml(YamlSection file)
{
    private const int MaxDepth = 32;

    private static readonly string?[] Types = ["string", "number", "integer", "boolean", "object", "array", "null"];
    private static readonly string[] Formats = ["date-time", "date", "time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "guid", "byte", "base64", "duration", "time-span"];

    private int _depth;

    public JsonObject Schema(YamlNode node)
    {
        var schema = new JsonObject();
        if (node is not YamlMappingNode mapping || ++_depth > MaxDepth)
        {
            file.Fault(node, node is YamlMappingNode ? $"the schema is nested more than {MaxDepth} deep; use definitions and $ref" : "is not a schema; write a mapping such as {type: string}");
            return schema;
        }
        foreach (var (key, value) in mapping.Children)
        {
            var keyword = (key as YamlScalarNode)?.Value ?? "";
            if (Keyword(keyword, value) is { } converted) schema[keyword == "const" ? "enum" : keyword] = converted;
        }
        _depth--;
        return schema;
    }

    private JsonNode? Keyword(string keyword, YamlNode value) => keyword switch
    {
        "type" => Type(value),
        "properties" or "definitions" => Members(value, pattern: false),
        "patternProperties" => Members(value, pattern: true),
        "items" => value is YamlSequenceNode tuple ? List(tuple) : Schema(value),
        "additionalProperties" or "additionalItems" => Json(value) is JsonValue flag && flag.TryGetValue<bool>(out _) ? flag : Schema(value),
        "allOf" or "anyOf" or "oneOf" => value is YamlSequenceNode { Children.Count: > 0 } list ? List(list) : Fault(value, $"'{keyword}' takes a list of schemas"),
        "not" => Schema(value),
        "$ref" => value is YamlScalarNode { Value: { } target } && target.StartsWith("#/definitions/", StringComparison.Ordinal) ? target : Fault(value, "'$ref' takes #/definitions/NAME, with the name under the definitions of this event's schema"),
        "required" => Json(value) is JsonArray names && names.All(name => name is JsonValue text && text.TryGetValue<string>(out _)) ? names : Fault(value, "'required' takes a list of names"),
        "enum" => Json(value) is JsonArray { Count: > 0 } values ? values : Fault(value, "'enum' takes a list of values"),
        "const" => new JsonArray(Json(value)),
        "pattern" => value is YamlScalarNode { Value: { } pattern } && IsPattern(value, pattern) ? pattern : null,
        "format" => value is YamlScalarNode { Value: { } format } && Formats.Contains(format) ? format : Fault(value, $"'format' takes one of {string.Join(", ", Formats)}"),
        "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "multipleOf" => Number(keyword, value),
        "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties" =>
            Json(value) is JsonValue count && count.TryGetValue<long>(out var number) && number is >= 0 and <= int.MaxValue ? count : Fault(value, $"'{keyword}' takes a whole number, 0 or more"),
        "uniqueItems" => Json(value) is JsonValue flag && flag.TryGetValue<bool>(out _) ? flag : Fault(value, "'uniqueItems' takes true or false"),
        "title" or "description" or "default" or "examples" or "$comment" or "$schema" => null,
        _ => Fault(value, $"'{keyword}' is not a keyword that is enforced; mend its spelling, or say it with type, enum, properties, required, items, allOf, anyOf, oneOf, not"),
    };

    private JsonNode? Fault(YamlNode at, string fault)
    {
        file.Fault(at, fault);
        return null;
    }

    private JsonNode? Type(YamlNode value)
    {
        // A null without quotes means the type of that name, too.
        string?[] types = [.. (value is YamlSequenceNode list ? list.Children : [value]).Select(type => (type as YamlScalarNode)?.Value)];
        return types.Length > 0 && types.All(Types.Contains) ? new JsonArray([.. types.Select(type => (JsonNode)type!)]) : Fault(value, $"'type' takes one or a list of {string.Join(", ", Types)}");
    }

    private JsonNode? Number(string keyword, YamlNode value)
    {
        if (Json(value) is JsonValue number && number.GetValueKind() == System.Text.Json.JsonValueKind.Number && (keyword != "multipleOf" || number.GetValue<double>() > 0)) return number;
        return Fault(value, $"'{keyword}' takes a number{(keyword == "multipleOf" ? " above 0" : "")}");
    }

    private bool IsPattern(YamlNode at, string pattern)
    {
        try
        {
            _ = new Regex(pattern);
            return true;
        }
        catch (ArgumentException e)
        {
            file.Fault(at, $"is not a regular expression: {e.Message}");
            return false;
        }
    }

    private JsonNode? Members(YamlNode value, bool pattern)
    {
        if (value is not YamlMappingNode mapping) return Fault(value, "is not a mapping; write NAME: {schema} below it");
        var members = new JsonObject();
        foreach (var (key, schema) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { } name }) file.Fault(key, "the name of a member must be a text");
            else if (!pattern || IsPattern(key, name)) members[name] = Schema(schema);
        }
        return members;
    }

    private JsonArray List(YamlSequenceNode schemas) => [.. schemas.Select(Schema)];

    // Plain scalars by YAML's core schema; what is quoted is text.
    private JsonNode? Json(YamlNode node)
    {
        switch (node)
        {
            case YamlSequenceNode list: return new JsonArray([.. list.Select(Json)]);
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text }:
                if (text is "null" or "~" or "") return null;
                if (text is "true" or "false") return text == "true";
                if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : text;
            case YamlScalarNode scalar: return scalar.Value;
            default:
                file.Fault(node, "must be a plain value or a list of them");
                return null;
        }
    }
}
