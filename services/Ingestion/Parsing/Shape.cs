namespace Cdp.Ingestion.Parsing;

/// <summary>What a body is expected to contain.</summary>
public readonly record struct Shape
{
    /// <summary><c>{"batch":[…]}</c>, where each event names its type.</summary>
    public static readonly Shape Batch = new() { IsBatch = true };

    /// <summary>One event that names its type.</summary>
    public static readonly Shape Own;

    public bool IsBatch { get; private init; }

    /// <summary>The type of the single event, which overrides the event's own; null if the event names its type.</summary>
    public string? Type { get; private init; }

    /// <summary>One event whose type is given by the request path.</summary>
    public static Shape One(string type) => new() { Type = type };
}
