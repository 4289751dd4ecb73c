using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cdp.Ingestion.Mapping;

/// <summary>A condition of a rule on a payload.</summary>
public abstract record Condition
{
    public abstract bool Holds(in Payload payload);
}

public sealed record All(IReadOnlyList<Condition> Conditions) : Condition
{
    public override bool Holds(in Payload payload)
    {
        foreach (var condition in Conditions)
        {
            if (!condition.Holds(payload)) return false;
        }
        return true;
    }
}

public sealed record Any(IReadOnlyList<Condition> Conditions) : Condition
{
    public override bool Holds(in Payload payload)
    {
        foreach (var condition in Conditions)
        {
            if (condition.Holds(payload)) return true;
        }
        return false;
    }
}

public sealed record Not(Condition Condition) : Condition
{
    public override bool Holds(in Payload payload) => !Condition.Holds(payload);
}

/// <summary>The expression finds a value, or finds none.</summary>
public sealed record Exists(Expression Value, bool Expected) : Condition
{
    public override bool Holds(in Payload payload) => !Values.IsNothing(Value.Evaluate(payload)) == Expected;
}

/// <summary>A string, number or boolean passes if its text passes the test. If a wildcard finds several values, one of them must pass.</summary>
public abstract record TextCondition(Expression Value) : Condition
{
    public override bool Holds(in Payload payload)
    {
        var value = Value.Evaluate(payload);
        if (!Value.IsPlural || value.ValueKind != JsonValueKind.Array) return Passes(value);
        foreach (var item in value.EnumerateArray())
        {
            if (Passes(item)) return true;
        }
        return false;
    }

    protected abstract bool Passes(string text);

    private bool Passes(JsonElement value) => Values.Text(value) is { } text && Passes(text);
}

public sealed record OneOf(Expression Value, IReadOnlySet<string> Texts) : TextCondition(Value)
{
    protected override bool Passes(string text) => Texts.Contains(text);
}

public sealed record Prefix(Expression Value, string Text) : TextCondition(Value)
{
    protected override bool Passes(string text) => text.StartsWith(Text, StringComparison.Ordinal);
}

public sealed record Matches(Expression Value, Regex Pattern) : TextCondition(Value)
{
    protected override bool Passes(string text) => Pattern.IsMatch(text);
}
