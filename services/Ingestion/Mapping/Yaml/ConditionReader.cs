using Cdp.Hosting.Configuration;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping.Yaml;

/// <summary>Reads the <c>when</c> of a rule: paths with expected values, all of which must match, and <c>all</c>, <c>any</c> and <c>not</c>.</summary>
public static class ConditionReader
{
    public static Condition Read(YamlSection section)
    {
        var conditions = new List<Condition>();
        foreach (var (key, node) in section.Members)
        {
            if (key is "all" or "any") conditions.Add(key == "all" ? new All(ReadList(section, key)) : new Any(ReadList(section, key)));
            else if (key == "not") conditions.AddRange(section.Section(key) is { } negated ? [new Not(Read(negated))] : []);
            else if (!key.StartsWith('$')) section.AddError(node, $"'{key}' is not a condition; write a path such as $.type, or all, any or not");
            else if (TemplateReader.ReadExpression(section, node, key) is { } expression) conditions.AddRange(ReadTest(section, expression, node));
        }
        if (section.Mapping.Children.Count == 0) section.AddError("the condition is empty; write for example $.type: created");
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
                var operators = section.Within(mapping).Members.Select(member => ReadOperator(section, expression, member.Key, member.Value));
                return operators.OfType<Condition>().ToList();
            default:
                section.AddError(node, "the expected value is invalid; write a text, a list of texts, or a mapping with exists, prefix or matches");
                return [];
        }
    }

    // "$.email: null" means that the path must find no value.
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
            case ("matches", { Length: > 0 } pattern):
                var regex = OperatorPattern.Compile(pattern, ignoreCase: false, out var fault);
                if (regex is null) section.AddError(node, $"'{pattern}' {fault}");
                return regex is null ? null : new Matches(expression, regex);
            default:
                section.AddError(node, $"'{name}' with this value is not a test; write exists: true, exists: false, prefix: TEXT or matches: PATTERN");
                return null;
        }
    }
}
