using System.Text.RegularExpressions;
using Cdp.Hosting.Configuration;
using YamlDotNet.RepresentationModel;

namespace Cdp.Validation.Schemas;

/// <summary>
/// Reads the JSON Schema of one event, written in YAML. It accepts exactly the keywords that are enforced. A misspelt or unknown keyword is a fault,
/// because its author would rely on a rule that is never checked.
/// </summary>
internal sealed class SchemaReader(YamlSection file)
{
    private const int MaxDepth = 32;

    /// <summary>More than any plan needs. Nested YAML aliases multiply and could otherwise exhaust the memory.</summary>
    private const int MaxSchemas = 10_000;

    private readonly SchemaReferences _references = new(file);
    private readonly AssertionReader _assertions = new(file);
    private int _depth;
    private int _count;

    public Schema Read(YamlNode node)
    {
        var schema = Schema(node, isRoot: true);
        _references.Resolve(schema);
        return schema;
    }

    private Schema Schema(YamlNode node) => Schema(node, isRoot: false);

    private Schema Schema(YamlNode node, bool isRoot)
    {
        var schema = new Schema();
        if (node is not YamlMappingNode mapping) file.AddError(node, "a schema must be a mapping; write for example {type: string}");
        else if (++_count == MaxSchemas) file.AddError(node, $"the event has more than {MaxSchemas} schemas; use definitions and $ref instead of YAML aliases");
        else if (_depth == MaxDepth) file.AddError(node, $"the schema is nested more than {MaxDepth} deep; use definitions and $ref");
        else if (_count < MaxSchemas)
        {
            _depth++;
            Read(mapping, schema, isRoot);
            _depth--;
        }
        return schema;
    }

    private void Read(YamlMappingNode mapping, Schema schema, bool isRoot)
    {
        foreach (var (key, value) in mapping.Children)
        {
            if (Rule((key as YamlScalarNode)?.Value ?? "", value, isRoot) is { } rule) schema.Add(rule);
        }
        if (MembersRule(mapping) is { } members) schema.Add(members);
        if (ItemsRule(mapping) is { } items) schema.Add(items);
    }

    private Rule? Rule(string keyword, YamlNode value, bool isRoot)
    {
        switch (keyword)
        {
            // Read together by MembersRule and ItemsRule.
            case "properties" or "patternProperties" or "additionalProperties" or "items" or "additionalItems":
            case "title" or "description" or "default" or "examples" or "$comment" or "$schema":
                return null;
            case "definitions":
                foreach (var (name, schema, _) in Members(value))
                {
                    if (isRoot) _references.Define(name, Schema(schema));
                    else Schema(schema);
                }
                return null;
            case "$ref":
                return _references.Add(value);
            case "allOf":
                return new AllRule(List(keyword, value));
            case "anyOf":
                var any = List(keyword, value);
                return new CountRule(keyword, $"must satisfy at least one of the {any.Count} schemas of anyOf", any, 1, int.MaxValue);
            case "oneOf":
                var one = List(keyword, value);
                return new CountRule(keyword, $"must satisfy exactly one of the {one.Count} schemas of oneOf", one, 1, 1);
            case "not":
                return new CountRule(keyword, "must not satisfy the schema of not", [Schema(value)], 0, 0);
            default:
                return _assertions.Read(keyword, value);
        }
    }

    private MembersRule? MembersRule(YamlMappingNode mapping)
    {
        var (named, matching) = (Find(mapping, "properties"), Find(mapping, "patternProperties"));
        var additional = Additional(Find(mapping, "additionalProperties"));
        if (named is null && matching is null && additional is null) return null;
        var schemas = new Dictionary<string, Schema>(StringComparer.Ordinal);
        foreach (var (name, schema, _) in named is null ? [] : Members(named)) schemas.Add(name, Schema(schema));
        var patterns = new List<(Regex, Schema)>();
        foreach (var (pattern, schema, at) in matching is null ? [] : Members(matching))
        {
            var (regex, read) = (_assertions.Pattern(pattern, at), Schema(schema));
            if (regex is not null) patterns.Add((regex, read));
        }
        return new MembersRule(schemas, patterns, additional);
    }

    private ItemsRule? ItemsRule(YamlMappingNode mapping)
    {
        var (items, additional) = (Find(mapping, "items"), Additional(Find(mapping, "additionalItems")));
        return items switch
        {
            null => null,
            YamlSequenceNode tuple => new ItemsRule([.. tuple.Children.Select(Schema)], additional),
            _ => new ItemsRule([], new AdditionalRule(Schema(items))),
        };
    }

    private AdditionalRule? Additional(YamlNode? node) => node switch
    {
        null or YamlScalarNode { Value: "true", Style: YamlDotNet.Core.ScalarStyle.Plain } => null,
        YamlScalarNode { Value: "false", Style: YamlDotNet.Core.ScalarStyle.Plain } => new AdditionalRule(null),
        _ => new AdditionalRule(Schema(node)),
    };

    private List<Schema> List(string keyword, YamlNode value)
    {
        if (value is YamlSequenceNode { Children.Count: > 0 } list) return [.. list.Children.Select(Schema)];
        file.AddError(value, $"'{keyword}' must be a list of schemas; write for example [{{type: string}}, {{type: number}}]");
        return [];
    }

    private IEnumerable<(string Key, YamlNode Schema, YamlNode At)> Members(YamlNode value)
    {
        if (value is not YamlMappingNode mapping)
        {
            file.AddError(value, "must be a mapping; write NAME: {schema} below it");
            yield break;
        }
        foreach (var (key, schema) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name }) yield return (name, schema, key);
            else file.AddError(key, "the name of a member must be a string; write a plain name");
        }
    }

    private static YamlNode? Find(YamlMappingNode mapping, string keyword) =>
        mapping.Children.TryGetValue(new YamlScalarNode(keyword), out var value) ? value : null;
}
