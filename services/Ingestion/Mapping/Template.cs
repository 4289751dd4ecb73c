using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>The template of a value in an event.</summary>
public abstract class Template
{
    /// <summary>Writes the value, after its name if it has one. Writes nothing if there is no value.</summary>
    public abstract void Write(Output output, string? name, in Payload payload);
}

/// <summary>The template of a single value, not of an object or a list.</summary>
/// <param name="text">The template as it is written in the mapping, for messages.</param>
public abstract class Scalar(string text) : Template
{
    public string Text { get; } = text;

    /// <summary>The value; <c>default</c> if there is none.</summary>
    public abstract JsonElement Evaluate(in Payload payload);

    public override void Write(Output output, string? name, in Payload payload) => output.Write(name, Evaluate(payload));
}

/// <summary>A constant value.</summary>
public sealed class Constant(string text, JsonElement value) : Scalar(text)
{
    public override JsonElement Evaluate(in Payload payload) => value;
}

/// <summary>
/// A string with expressions in braces. If one of them finds no value, the string has none either, because half an id would identify someone else.
/// <c>{$.last_name ?? ''}</c> inserts an empty string instead; blanks at both ends are removed.
/// </summary>
public sealed class TextTemplate : Scalar
{
    private readonly List<(string Literal, Expression? Expression)> _parts;

    private TextTemplate(string text, List<(string Literal, Expression? Expression)> parts)
        : base(text) => _parts = parts;

    /// <summary>Parses the template. If the braces do not contain an expression, the result is null and the cursor has an error.</summary>
    public static TextTemplate? Parse(string text, Cursor cursor)
    {
        var parts = new List<(string, Expression?)>();
        while (!cursor.IsAtEnd)
        {
            var start = cursor.Position;
            while (!cursor.IsAtEnd && !IsOpening(text, cursor.Position)) cursor.Take();
            if (cursor.Position > start) parts.Add((cursor.Since(start), null));
            if (!cursor.TryTake("{")) break;
            if (Expression.Parse(cursor) is not { } expression) return null;
            if (!cursor.TryTake("}"))
            {
                cursor.Fail("'}' is missing");
                return null;
            }
            parts.Add(("", expression));
        }
        return new TextTemplate(text, parts);
    }

    public static bool IsOpening(string text, int at) => string.CompareOrdinal(text, at, "{$", 0, 2) == 0;

    public override JsonElement Evaluate(in Payload payload)
    {
        var text = new StringBuilder();
        foreach (var (literal, expression) in _parts)
        {
            if ((expression is null ? literal : Values.Text(expression.Evaluate(payload))) is not { } value) return default;
            text.Append(value);
        }
        return Values.Of(text.ToString().Trim());
    }
}

/// <summary>An object. It is written even if none of its members has a value.</summary>
public sealed class ObjectTemplate(IReadOnlyList<(string Name, Template Value)> members) : Template
{
    public override void Write(Output output, string? name, in Payload payload)
    {
        output.Begin(name, '{');
        foreach (var (member, value) in members) value.Write(output, member, payload);
        output.End('}');
    }
}

/// <summary>A list without the items that have no value.</summary>
public sealed class ListTemplate(IReadOnlyList<Template> items) : Template
{
    public override void Write(Output output, string? name, in Payload payload)
    {
        output.Begin(name, '[');
        foreach (var item in items) item.Write(output, null, payload);
        output.End(']');
    }
}

/// <summary>A list with one object for each item of a list in the payload, which is <c>$item</c>. There is no value if the payload has no such list.</summary>
public sealed class EachTemplate(Scalar items, Template template) : Template
{
    public override void Write(Output output, string? name, in Payload payload)
    {
        if (items.Evaluate(payload) is not { ValueKind: JsonValueKind.Array } list) return;
        output.Begin(name, '[');
        foreach (var item in list.EnumerateArray())
        {
            if (output.IsFull) break;
            template.Write(output, null, payload with { Item = item });
        }
        output.End(']');
    }
}
