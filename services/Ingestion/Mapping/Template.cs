using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>A value of an event, as the mapping says how to make it.</summary>
public abstract class Template
{
    /// <summary>Writes it, behind its name where it has one; writes nothing where it comes to nothing.</summary>
    public abstract void Write(Output output, string? name, in Payload payload);
}

/// <summary>A template of one value, not of members or items.</summary>
/// <param name="text">As the mapping writes it, for messages.</param>
public abstract class Scalar(string text) : Template
{
    public string Text { get; } = text;

    /// <summary>The value; <c>default</c> where it comes to nothing.</summary>
    public abstract JsonElement Evaluate(in Payload payload);

    public override void Write(Output output, string? name, in Payload payload) => output.Write(name, Evaluate(payload));
}

/// <summary>The same value whatever was sent.</summary>
public sealed class Constant(string text, JsonElement value) : Scalar(text)
{
    public override JsonElement Evaluate(in Payload payload) => value;
}

/// <summary>
/// A text with expressions in braces. It comes to nothing where one of them does, since half an id is somebody else's; <c>{$.last_name ?? ''}</c>
/// leaves a blank instead, which goes where it stands at an end.
/// </summary>
public sealed class TextTemplate : Scalar
{
    private readonly List<(string Literal, Expression? Expression)> _parts;

    private TextTemplate(string text, List<(string Literal, Expression? Expression)> parts)
        : base(text) => _parts = parts;

    /// <summary>Null, and a fault, where what stands in braces is no expression.</summary>
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

/// <summary>An object, written even where none of its members comes to anything.</summary>
public sealed class ObjectTemplate(IReadOnlyList<(string Name, Template Value)> members) : Template
{
    public override void Write(Output output, string? name, in Payload payload)
    {
        output.Begin(name, '{');
        foreach (var (member, value) in members) value.Write(output, member, payload);
        output.End('}');
    }
}

/// <summary>A list, without the items that come to nothing.</summary>
public sealed class ListTemplate(IReadOnlyList<Template> items) : Template
{
    public override void Write(Output output, string? name, in Payload payload)
    {
        output.Begin(name, '[');
        foreach (var item in items) item.Write(output, null, payload);
        output.End(']');
    }
}

/// <summary>A list with one object for each item that an expression finds; <c>$item</c> is that item. It comes to nothing where there is no list.</summary>
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
