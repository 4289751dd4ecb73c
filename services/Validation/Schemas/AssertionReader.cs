using System.Globalization;
using System.Text.RegularExpressions;
using Cdp.Hosting.Configuration;
using Cdp.Validation.Json;
using Newtonsoft.Json.Linq;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cdp.Validation.Schemas;

/// <summary>Reads the keywords of a schema that require something of the value itself.</summary>
internal sealed class AssertionReader(YamlSection file)
{
    // Further values of an enum are not listed in a message.
    private const int MaxListedValues = 10;

    private static readonly string[] Types = ["string", "number", "integer", "boolean", "object", "array", "null"];

    /// <summary>The rule of a keyword. Null if the keyword has no rule, or if it is invalid, which adds a fault.</summary>
    public Rule? Read(string keyword, YamlNode value) => keyword switch
    {
        "type" => Type(value),
        "enum" => value is YamlSequenceNode { Children.Count: > 0 } values
            ? OneOf([.. values.Children.Select(Json)])
            : Fault(value, "'enum' must be a list of values; write for example [a, b]"),
        "const" => OneOf([Json(value)]),
        "required" => Required(value),
        "pattern" => Pattern(value),
        "format" => value is YamlScalarNode { Value: { } format } && Formats.Find(format) is { } isValid
            ? Text(keyword, $"must have the format {format}", isValid)
            : Fault(value, $"'format' must be one of {string.Join(", ", Formats.Names)}"),
        "minimum" => Number(keyword, value, "be {0} or more", (number, limit) => number >= limit),
        "maximum" => Number(keyword, value, "be {0} or less", (number, limit) => number <= limit),
        "exclusiveMinimum" => Number(keyword, value, "be more than {0}", (number, limit) => number > limit),
        "exclusiveMaximum" => Number(keyword, value, "be less than {0}", (number, limit) => number < limit),
        "multipleOf" => Number(keyword, value, "be a multiple of {0}", (number, divisor) => number % divisor == 0),
        "minLength" => Count(keyword, value, "{0} characters or more", Length, (count, limit) => count >= limit),
        "maxLength" => Count(keyword, value, "{0} characters or fewer", Length, (count, limit) => count <= limit),
        "minItems" => Count(keyword, value, "{0} elements or more", token => (token as JArray)?.Count, (count, limit) => count >= limit),
        "maxItems" => Count(keyword, value, "{0} elements or fewer", token => (token as JArray)?.Count, (count, limit) => count <= limit),
        "minProperties" => Count(keyword, value, "{0} members or more", token => (token as JObject)?.Count, (count, limit) => count >= limit),
        "maxProperties" => Count(keyword, value, "{0} members or fewer", token => (token as JObject)?.Count, (count, limit) => count <= limit),
        "uniqueItems" => Unique(value),
        _ => Fault(
            value,
            $"'{keyword}' is not a supported keyword; fix its spelling, or express it with type, enum, properties, required, items, allOf, anyOf, oneOf, not"),
    };

    /// <summary>Null, and a fault, if the pattern is rejected.</summary>
    public Regex? Pattern(string pattern, YamlNode at)
    {
        var regex = OperatorPattern.Compile(pattern, ignoreCase: false, out var fault);
        if (regex is null) file.AddError(at, $"the pattern '{pattern}' {fault}");
        return regex;
    }

    private Rule? Fault(YamlNode at, string fault)
    {
        file.AddError(at, fault);
        return null;
    }

    private Rule? Type(YamlNode value)
    {
        // An unquoted null is also the name of a type.
        string?[] types = [.. (value is YamlSequenceNode list ? list.Children : [value]).Select(type => (type as YamlScalarNode)?.Value)];
        if (types.Length == 0 || !types.All(Types.Contains)) return Fault(value, $"'type' must be one or a list of {string.Join(", ", Types)}");
        return new Assertion("type", $"must be of type {string.Join(" or ", types)}", token => Array.Exists(types, type => Is(token, type!)));
    }

    private Rule? Pattern(YamlNode value)
    {
        if (value is not YamlScalarNode { Value: { } pattern }) return Fault(value, "'pattern' must be a regular expression; write for example '^[A-Z]{3}$'");
        return Pattern(pattern, value) is { } regex ? Text("pattern", $"must match {pattern}", regex.IsMatch) : null;
    }

    private Rule? Required(YamlNode value) =>
        Json(value) is JArray names && names.All(name => name.Type == JTokenType.String)
            ? new RequiredRule([.. names.Select(name => (string)name!).Distinct()])
            : Fault(value, "'required' must be a list of names; write for example [order_id]");

    private Rule? Unique(YamlNode value)
    {
        if (Json(value) is JValue { Value: bool isUnique }) return isUnique ? new UniqueRule() : null;
        return Fault(value, "'uniqueItems' must be true or false");
    }

    private static bool Is(JToken token, string type) => token.Type switch
    {
        JTokenType.Integer => type is "integer" or "number",
        JTokenType.Float => type == "number",
        JTokenType.String => type == "string",
        JTokenType.Boolean => type == "boolean",
        JTokenType.Object => type == "object",
        JTokenType.Array => type == "array",
        _ => type == "null",
    };

    private static ValuesRule OneOf(IReadOnlyList<JToken> values)
    {
        var listed = values.Take(MaxListedValues).Select(value => value.Type == JTokenType.String ? (string)value! : JsonTree.Canonical(value));
        var more = values.Count > MaxListedValues ? string.Create(CultureInfo.InvariantCulture, $" and {values.Count - MaxListedValues} more") : "";
        return new ValuesRule($"must be one of {string.Join(", ", listed)}{more}", JsonSet.Of(values));
    }

    private static Assertion Text(string kind, string message, Func<string, bool> holds) =>
        new(kind, message, token => token is not JValue { Value: string text } || holds(text));

    private Rule? Number(string keyword, YamlNode value, string expected, Func<decimal, decimal, bool> holds)
    {
        var isDivisor = keyword == "multipleOf";
        if (JsonTree.Number(Json(value)) is not { } limit || (isDivisor && limit <= 0))
        {
            return Fault(value, $"'{keyword}' must be a number{(isDivisor ? " above 0" : "")}");
        }
        var message = "must " + string.Format(CultureInfo.InvariantCulture, expected, ((YamlScalarNode)value).Value);
        return new Assertion(keyword, message, token => JsonTree.Number(token) is not { } number || holds(number, limit));
    }

    private Rule? Count(string keyword, YamlNode value, string expected, Func<JToken, int?> count, Func<int, int, bool> holds)
    {
        if (Json(value) is not JValue { Value: long and >= 0 and <= int.MaxValue and var limit })
        {
            return Fault(value, $"'{keyword}' must be a whole number, 0 or more");
        }
        var message = "must have " + string.Format(CultureInfo.InvariantCulture, expected, limit);
        return new Assertion(keyword, message, token => count(token) is not { } found || holds(found, (int)limit));
    }

    // JSON Schema counts a surrogate pair as one character.
    private static int? Length(JToken token) =>
        token is JValue { Value: string text } ? text.Length - text.Where((c, i) => i > 0 && char.IsSurrogatePair(text[i - 1], c)).Count() : null;

    // Plain scalars follow YAML's core schema; quoted ones are strings.
    private JToken Json(YamlNode node)
    {
        switch (node)
        {
            case YamlSequenceNode list: return new JArray(list.Children.Select(Json));
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text }: return Plain(text);
            case YamlScalarNode scalar: return new JValue(scalar.Value);
            default:
                file.AddError(node, "must be a value or a list of values; write for example 1 or [a, b]");
                return JValue.CreateNull();
        }
    }

    private static JValue Plain(string text)
    {
        if (text is "null" or "~" or "") return JValue.CreateNull();
        if (text is "true" or "false") return new JValue(text == "true");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return new JValue(whole);
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
        return isNumber ? new JValue(number) : new JValue(text);
    }
}
