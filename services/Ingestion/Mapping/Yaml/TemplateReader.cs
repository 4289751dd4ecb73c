using Cdp.Hosting.Configuration;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping.Yaml;

/// <summary>Reads the templates of event members.</summary>
public static class TemplateReader
{
    private const string Each = "$each";

    /// <summary>Reads a template. If the node is not one, the result is null and the section has an error.</summary>
    public static Template? Read(YamlSection section, YamlNode node) => node switch
    {
        YamlScalarNode scalar => ReadScalar(section, scalar),
        YamlMappingNode mapping => ReadObject(section, mapping),
        _ => new ListTemplate([.. ((YamlSequenceNode)node).Children.Select(item => Read(section, item)).OfType<Template>()]),
    };

    /// <summary>Like <see cref="Read"/>, for a member that must be a single value.</summary>
    public static Scalar? ReadScalar(YamlSection section, YamlNode node)
    {
        if (node is not YamlScalarNode scalar)
        {
            section.AddError(node, "a single value is needed here; write a path, a text with paths in braces, or a constant");
            return null;
        }
        var text = scalar.Value ?? "";
        if (text.StartsWith("$$", StringComparison.Ordinal)) return new Constant(text, Values.Of(text[1..]));
        if (text.StartsWith('$')) return ReadExpression(section, node, text);
        if (!text.Contains("{$", StringComparison.Ordinal)) return new Constant(text, YamlJson.Scalar(scalar));
        var cursor = new Cursor(text);
        var template = TextTemplate.Parse(text, cursor);
        if (template is null) section.AddError(node, cursor.Fault!);
        return template;
    }

    /// <summary>Reads an expression. If the string is not one, the result is null and the section has an error.</summary>
    public static Expression? ReadExpression(YamlSection section, YamlNode at, string text)
    {
        var cursor = new Cursor(text);
        var expression = Expression.Parse(cursor);
        if (expression is not null && cursor.IsAtEnd) return expression;
        cursor.Fail("expected the end of the path, or . or [, or a bar and a conversion, or ?? and another path");
        section.AddError(at, $"{cursor.Fault}; write a constant that begins with $ as $$");
        return null;
    }

    private static Template? ReadObject(YamlSection section, YamlMappingNode mapping)
    {
        Scalar? items = null;
        var members = new List<(string, Template)>();
        foreach (var (key, value) in section.Within(mapping).Members)
        {
            if (key == Each) items = ReadScalar(section, value);
            else if (key.StartsWith('$')) section.AddError(value, $"'{key}' is not a valid member name; use {Each}, or a name that does not begin with $");
            else if (Read(section, value) is { } template) members.Add((Values.WellFormed(key), template));
        }
        var single = new ObjectTemplate(members);
        return items is null ? single : new EachTemplate(items, single);
    }
}
