using System.Text.RegularExpressions;
using Cdp.Hosting;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping;

/// <summary>Reads a rule's <c>when</c>: paths with what is to stand there, all of which must hold; <c>all</c>, <c>any</c> and <c>not</c> put others together.</summary>
public static class ConditionReader
{
    public static Condition Read(YamlSection section)
    {
        var conditions = new List<Condition>();
        foreach (var (key, node) in section.Members)
        {
            if (key is "all" or "any") conditions.Add(key == "all" ? new All(ReadList(section, key)) : new Any(ReadList(section, key)));
            else if (key == "not") conditions.AddRange(section.Section(key) is { } negated ? [new Not(Read(negated))] : []);
            else if (!key.StartsWith('$')) section.Fault(node, $"'{key}' is no condition; write a path, all, any or not");
            else if (TemplateReader.ReadExpression(section, node, key) is { } expression) conditions.AddRange(ReadTest(section, expression, node));
        }
        if (section.Mapping.Children.Count == 0) section.Fault((YamlNode?)null, "a condition without a path; write for example $.type: created");
        return conditions.Count == 1 ? conditions[0] : new All(conditions);
    }

    private static List<Condition> ReadList(YamlSection section, string key) => [.. section.Sections(key).Select(Read)];

    private static IEnumerable<Condition> ReadTest(YamlSection section, Expression expression, YamlNode node)
    {
        switch (node)
        {
            case YamlScalarNode scalar:
                return [Equal(expression, [scalar])];
            case YamlSequenceNode list when list.Children.All(item => item is YamlScalarNode) && list.Children.Count > 0:
                return [Equal(expression, list.Children.Cast<YamlScalarNode>())];
            case YamlMappingNode mapping when mapping.Children.Count > 0:
                return section.Within(mapping).Members.Select(member => ReadOperator(section, expression, member.Key, member.Value)).OfType<Condition>().ToList();
            default:
                section.Fault(node, "what is to stand there is no text, list of texts, or mapping of exists, prefix or matches");
                return [];
        }
    }

    // A constant null is nothing: "$.email: null" asks that there is none.
    private static Condition Equal(Expression expression, IEnumerable<YamlScalarNode> scalars)
    {
        var values = scalars.Select(YamlJson.Scalar).ToList();
        var texts = new OneOf(expression, values.Select(Values.Text).OfType<string>().ToHashSet(StringComparer.Ordinal));
        return values.Exists(Values.IsNothing) ? new Any([new Exists(expression, false), texts]) : texts;
    }

    private static Condition? ReadOperator(YamlSection section, Expression expression, string name, YamlNode node)
    {
        switch (name, (node as YamlScalarNode)?.Value)
        {
            case ("exists", "true" or "false"):
                return new Exists(expression, ((YamlScalarNode)node).Value == "true");
            case ("prefix", { Length: > 0 } prefix):
                return new Prefix(expression, prefix);
            case ("matches", { Length: > 0 } pattern) when Pattern(pattern) is { } regex:
                return new Matches(expression, regex);
            case ("matches", { } pattern):
                section.Fault(node, $"'{pattern}' is no regular expression that can be matched in linear time; mend it, without lookarounds and back references");
                return null;
            default:
                section.Fault(node, $"'{name}' with what follows is no test; write exists: true, exists: false, prefix: TEXT or matches: PATTERN");
                return null;
        }
    }

    // Linear in the text, whatever the pattern: the texts are strangers'.
    private static Regex? Pattern(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
