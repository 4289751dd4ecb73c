namespace Cdp.Ingestion.Parsing;

/// <summary>What a body is expected to hold.</summary>
public readonly record struct Shape
{
    /// <summary><c>{"batch":[…]}</c>, each event with a type of its own.</summary>
    public static readonly Shape Batch = new() { IsBatch = true };

    /// <summary>One event that names its own type.</summary>
    public static readonly Shape Own;

    public bool IsBatch { get; private init; }

    /// <summary>The type of the one event, whatever it says itself; null where its own counts.</summary>
    public string? Type { get; private init; }

    /// <summary>One event of a type that the path announces.</summary>
    public static Shape One(string type) => new() { Type = type };
}
