using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>
/// A path with conversions, and alternatives in case it finds no value:
/// <c>$.customer.email | lower ?? $.contact_email | lower ?? 'nobody@example.com'</c>.
/// </summary>
public sealed class Expression : Scalar
{
    private readonly List<Alternative> _alternatives;

    private Expression(string text, List<Alternative> alternatives)
        : base(text) => _alternatives = alternatives;

    /// <summary>Whether the result may be a list of values found by a wildcard.</summary>
    public bool IsPlural => _alternatives.Exists(alternative => alternative.Path?.IsPlural == true);

    /// <summary>Parses the expression at the cursor and the blanks after it. If there is none, the result is null and the cursor has an error.</summary>
    public static Expression? Parse(Cursor cursor)
    {
        var (start, alternatives) = (cursor.Position, new List<Alternative>());
        do
        {
            cursor.SkipBlanks();
            if (ParseAlternative(cursor) is not { } alternative) return null;
            alternatives.Add(alternative);
        }
        while (cursor.TryTake("??"));
        return new Expression(cursor.Since(start).Trim(), alternatives);
    }

    public override JsonElement Evaluate(in Payload payload)
    {
        foreach (var (path, literal, conversions) in _alternatives)
        {
            var value = path?.Find(payload) ?? literal;
            for (var i = 0; i < conversions.Count && !Values.IsNothing(value); i++) value = conversions[i](value);
            // A literal is returned even if it is empty.
            if (path is null || !Values.IsNothing(value)) return value;
        }
        return default;
    }

    private static Alternative? ParseAlternative(Cursor cursor)
    {
        var literal = cursor.Next == '\'' ? JsonPath.Quoted(cursor) : null;
        var path = literal is null && cursor.Fault is null ? JsonPath.Parse(cursor) : null;
        if (literal is null && path is null) return null;
        var conversions = new List<Func<JsonElement, JsonElement>>();
        cursor.SkipBlanks();
        while (cursor.TryTake("|"))
        {
            cursor.SkipBlanks();
            if (ParseConversion(cursor) is not { } conversion) return null;
            conversions.Add(conversion);
            cursor.SkipBlanks();
        }
        return new Alternative(path, literal is null ? default : Values.Of(literal), conversions);
    }

    private static Func<JsonElement, JsonElement>? ParseConversion(Cursor cursor)
    {
        var name = cursor.TakeWhile(char.IsAsciiLetter);
        string? argument = null;
        if (cursor.TryTake("("))
        {
            argument = cursor.Next == '\'' ? JsonPath.Quoted(cursor) : null;
            if (argument is null || !cursor.TryTake(")")) cursor.Fail($"write {name}('…') with a text in single quotes");
        }
        var conversion = cursor.Fault is null ? Conversions.Find(name, argument) : null;
        if (conversion is null) cursor.Fail($"a bar must be followed by one of {string.Join(", ", Conversions.Names)}");
        return conversion;
    }

    private sealed record Alternative(JsonPath? Path, JsonElement Literal, List<Func<JsonElement, JsonElement>> Conversions);
}
