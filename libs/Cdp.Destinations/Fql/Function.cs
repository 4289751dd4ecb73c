using System.Globalization;

namespace Cdp.Destinations.Fql;

/// <summary>A function of FQL. Each function documents how it handles values that it does not support.</summary>
/// <param name="Name">The name in a statement.</param>
/// <param name="Usage">Its arguments, for an error message.</param>
/// <param name="Arguments">The number of arguments.</param>
/// <param name="Apply">Computes the result; the values are never errors or unknown.</param>
internal sealed record Function(string Name, string Usage, int Arguments, Func<IReadOnlyList<Value>, Value> Apply)
{
    private static readonly Function[] All =
    [
        new("contains", "contains(text, part)", 2, Contains),
        new("match", "match(text, pattern)", 2, Match),
        new("length", "length(list or text)", 1, Length),
        new("lowercase", "lowercase(text)", 1, values => Change(values[0], text => text.ToLowerInvariant())),
        new("uppercase", "uppercase(text)", 1, values => Change(values[0], text => text.ToUpperInvariant())),
        new("snakecase", "snakecase(text)", 1, values => Change(values[0], text => text.Replace(' ', '_'))),
        new("kebabcase", "kebabcase(text)", 1, values => Change(values[0], text => text.Replace(' ', '-'))),
        new("titlecase", "titlecase(text)", 1, values => Change(values[0], TitleCase)),
        new("typeof", "typeof(value)", 1, values => Value.Of(TypeOf(values[0]))),
        new("bool", "bool(value)", 1, values => Value.Of(ToBool(values[0]))),
        new("string", "string(value)", 1, values => Value.Of(values[0].Format())),
        new("number", "number(text or number)", 1, values => ToNumber(values[0])),
        new("semver", "semver(version, comparison, version)", 3, SemVer),
    ];

    public static readonly IReadOnlyDictionary<string, Function> ByName = All.ToDictionary(function => function.Name);

    /// <summary>The function <c>match</c> with a pattern that is compiled once.</summary>
    public static Function MatchOf(Glob pattern) =>
        ByName["match"] with { Apply = values => Value.Of(values[0].Kind == ValueKind.Text && pattern.Matches(values[0].Text())) };

    private static bool Texts(IReadOnlyList<Value> values) => values.All(value => value.Kind == ValueKind.Text);

    private static Value Contains(IReadOnlyList<Value> values) =>
        Value.Of(Texts(values) && values[0].Text().Contains(values[1].Text(), StringComparison.Ordinal));

    // An invalid pattern matches nothing.
    private static Value Match(IReadOnlyList<Value> values) =>
        Value.Of(Texts(values) && Glob.Read(values[1].Text(), out _) is { } pattern && pattern.Matches(values[0].Text()));

    private static Value Length(IReadOnlyList<Value> values) => values[0].Kind switch
    {
        ValueKind.Null => Value.Of(0),
        ValueKind.Text => Value.Of(values[0].ByteCount()),
        ValueKind.List => Value.Of(values[0].Count()),
        _ => Value.Error,
    };

    private static Value Change(Value value, Func<string, string> change) => value.Kind switch
    {
        ValueKind.Text => Value.Of(change(value.Text())),
        ValueKind.Null => Value.Null,
        _ => Value.Error,
    };

    private static string TitleCase(string text) =>
        string.Join(' ', text.Split(' ').Select(word => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()));

    private static string TypeOf(Value value) => value.Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Bool => "bool",
        ValueKind.Number => "number",
        ValueKind.Text => "string",
        ValueKind.List => "list",
        _ => "object",
    };

    // False for null, 0, "", "0", "false", and an empty list or object; true for anything else.
    private static bool ToBool(Value value) => value.Kind switch
    {
        ValueKind.Bool or ValueKind.Number => value.Number != 0,
        ValueKind.Text => value.Text() is not ("" or "0" or "false"),
        ValueKind.List => value.Count() > 0,
        ValueKind.Object => value.Format() != "{}",
        _ => false,
    };

    // Null for a string that is not a number, and for any other value.
    private static Value ToNumber(Value value) => value.Kind switch
    {
        ValueKind.Number => value,
        ValueKind.Text when Parse(value.Text()) is { } number => Value.Of(number),
        _ => Value.Null,
    };

    private static double? Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    // Versions have one to three numbers separated by dots; missing numbers are 0. Other values and unknown operators give false.
    private static Value SemVer(IReadOnlyList<Value> values)
    {
        if (!Texts(values) || Version(values[0].Text()) is not { } left || Version(values[2].Text()) is not { } right) return Value.False;
        var order = left.CompareTo(right);
        return Value.Of(values[1].Text() switch
        {
            "=" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            ">=" => order >= 0,
            _ => false,
        });
    }

    private static (long, long, long)? Version(string text)
    {
        var parts = text.Split('.');
        if (parts.Length > 3) return null;
        var numbers = new long[3];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        }
        return (numbers[0], numbers[1], numbers[2]);
    }
}
