using System.Text;

namespace Cdp.Destinations.Fql;

/// <summary>A part of a compiled statement. Nodes have no state, so one statement serves all threads.</summary>
internal abstract class Node
{
    public abstract Value Evaluate(in Subject subject);
}

internal sealed class Constant(Value value) : Node
{
    public Value Value { get; } = value;

    public override Value Evaluate(in Subject subject) => Value;
}

/// <param name="path">The member names that lead to the field, in UTF-8.</param>
internal sealed class Field(byte[][] path) : Node
{
    public override Value Evaluate(in Subject subject) => subject.Field(path);
}

/// <summary>True if all operands are true. One false operand makes the result false, even if others are unknown or errors.</summary>
internal sealed class And(IReadOnlyList<Node> nodes) : Node
{
    private readonly Node[] _nodes = [.. nodes];

    public override Value Evaluate(in Subject subject)
    {
        var result = Value.True;
        foreach (var node in _nodes)
        {
            var value = node.Evaluate(subject);
            if (value.Kind is ValueKind.Unknown or ValueKind.Error) result = Worse(result, value);
            else if (!value.IsTrue) return Value.False;
        }
        return result;
    }

    // An error remains an error, whatever the value of an unknown field.
    private static Value Worse(in Value a, in Value b) => a.Kind == ValueKind.Error || b.Kind == ValueKind.Error ? Value.Error : Value.Unknown;
}

/// <summary>True if any operand is true, even if others are unknown or errors.</summary>
internal sealed class Or(IReadOnlyList<Node> nodes) : Node
{
    private readonly Node[] _nodes = [.. nodes];

    public override Value Evaluate(in Subject subject)
    {
        var (unknown, error) = (false, false);
        foreach (var node in _nodes)
        {
            var value = node.Evaluate(subject);
            if (value.IsTrue) return Value.True;
            unknown |= value.Kind == ValueKind.Unknown;
            error |= value.Kind == ValueKind.Error;
        }
        return unknown ? Value.Unknown : error ? Value.Error : Value.False;
    }
}

internal sealed class Not(Node node) : Node
{
    public override Value Evaluate(in Subject subject)
    {
        var value = node.Evaluate(subject);
        return value.Kind switch
        {
            ValueKind.Bool => Value.Of(!value.IsTrue),
            ValueKind.Null => Value.True,
            ValueKind.Unknown => Value.Unknown,
            _ => Value.Error,
        };
    }
}

internal sealed class Equality(Node left, Node right, bool negated) : Node
{
    // Most statements compare a field with a string: then nothing needs to be decoded.
    private readonly string? _text = right is Constant { Value.Kind: ValueKind.Text } constant ? constant.Value.Text() : null;
    private readonly byte[] _utf8 = right is Constant { Value.Kind: ValueKind.Text } constant ? Encoding.UTF8.GetBytes(constant.Value.Text()) : [];

    public override Value Evaluate(in Subject subject)
    {
        var a = left.Evaluate(subject);
        if (_text is not null) return a.Kind is ValueKind.Error or ValueKind.Unknown ? a : Value.Of(a.IsText(_text, _utf8) != negated);
        var b = right.Evaluate(subject);
        return Values.Undecided(a, b) ?? Value.Of(Value.AreEqual(a, b) != negated);
    }
}

/// <summary>Compares numbers; false for all other values.</summary>
internal sealed class Ordering(Node left, string comparison, Node right) : Node
{
    public override Value Evaluate(in Subject subject)
    {
        var a = left.Evaluate(subject);
        var b = right.Evaluate(subject);
        if (Values.Undecided(a, b) is { } undecided) return undecided;
        return Value.Of(a.Kind == ValueKind.Number && b.Kind == ValueKind.Number && comparison switch
        {
            "<" => a.Number < b.Number,
            "<=" => a.Number <= b.Number,
            ">" => a.Number > b.Number,
            _ => a.Number >= b.Number,
        });
    }
}

/// <summary>Whether a list contains a value. False if the right side is not a list.</summary>
internal sealed class Membership(Node item, Node list) : Node
{
    public override Value Evaluate(in Subject subject)
    {
        var a = item.Evaluate(subject);
        var b = list.Evaluate(subject);
        if (Values.Undecided(a, b) is { } undecided) return undecided;
        return Value.Of(b.Kind == ValueKind.List && b.Items().Any(element => Value.AreEqual(a, element)));
    }
}

internal sealed class ListOf(IReadOnlyList<Node> items) : Node
{
    public override Value Evaluate(in Subject subject) => Values.EvaluateAll(items, subject, Value.Of);
}

internal sealed class Call(Function function, IReadOnlyList<Node> arguments) : Node
{
    public override Value Evaluate(in Subject subject) => Values.EvaluateAll(arguments, subject, function.Apply);
}

internal static class Values
{
    /// <summary>Computes a result from the values of all nodes. If a value is an error or unknown, the first such value is the result.</summary>
    public static Value EvaluateAll(IReadOnlyList<Node> nodes, in Subject subject, Func<IReadOnlyList<Value>, Value> result)
    {
        var values = new Value[nodes.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = nodes[i].Evaluate(subject);
            if (values[i].Kind is ValueKind.Unknown or ValueKind.Error) return values[i];
        }
        return result(values);
    }

    public static Value? Undecided(in Value a, in Value b)
    {
        if (a.Kind is ValueKind.Error or ValueKind.Unknown) return a;
        return b.Kind is ValueKind.Error or ValueKind.Unknown ? b : null;
    }
}
