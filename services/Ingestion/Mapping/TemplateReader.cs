using Cdp.Hosting;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping;

/// <summary>Reads what an event's members are to be made of.</summary>
public static class TemplateReader
{
    private const string Each = "$each";

    /// <summary>Null, and a fault, where the node is no template.</summary>
    public static Template? Read(YamlSection section, YamlNode node) => node switch
    {
        YamlScalarNode scalar => ReadScalar(section, scalar),
        YamlMappingNode mapping => ReadObject(section, mapping),
        _ => new ListTemplate([.. ((YamlSequenceNode)node).Children.Select(item => Read(section, item)).OfType<Template>()]),
    };

    /// <summary>As <see cref="Read"/>, for what must be one value.</summary>
    public static Scalar? ReadScalar(YamlSection section, YamlNode node)
    {
        if (node is not YamlScalarNode scalar)
        {
            section.Fault(node, "one value is needed here; write a path, a template or a constant");
            return null;
        }
        var text = scalar.Value ?? "";
        if (text.StartsWith("$$", StringComparison.Ordinal)) return new Constant(text, Values.Of(text[1..]));
        if (text.StartsWith('$')) return ReadExpression(section, node, text);
        if (!text.Contains("{$", StringComparison.Ordinal)) return new Constant(text, YamlJson.Scalar(scalar));
        var cursor = new Cursor(text);
        var template = TextTemplate.Parse(text, cursor);
        if (template is null) section.Fault(node, cursor.Fault!);
        return template;
    }

    /// <summary>Null, and a fault, where the text is no expression.</summary>
    public static Expression? ReadExpression(YamlSection section, YamlNode at, string text)
    {
        var cursor = new Cursor(text);
        var expression = Expression.Parse(cursor);
        if (expression is not null && cursor.IsAtEnd) return expression;
        cursor.Fail("here the path should end, or go on with . or [, a bar and a conversion, or ?? and another path");
        section.Fault(at, $"{cursor.Fault}; a constant that begins with $ is written with $$");
        return null;
    }

    private static Template? ReadObject(YamlSection section, YamlMappingNode mapping)
    {
        Scalar? items = null;
        var members = new List<(string, Template)>();
        foreach (var (key, value) in section.Within(mapping).Members)
        {
            if (key == Each) items = ReadScalar(section, value);
            else if (key.StartsWith('$')) section.Fault(value, $"'{key}' cannot name a member; use {Each}, or a name");
            else if (Read(section, value) is { } template) members.Add((Values.WellFormed(key), template));
        }
        var made = new ObjectTemplate(members);
        return items is null ? made : new EachTemplate(items, made);
    }
}
