namespace Cdp.Destinations.Delivery;

/// <summary>How many items a request may hold.</summary>
/// <param name="Items">The most items in a request; 1 for destinations that take one event per request.</param>
/// <param name="Bytes">The most bytes of the items' payloads as JSON in a request. An item that is larger is sent alone.</param>
/// <param name="Keys">The members of the payload whose values must be equal within a request (<c>batch_keys</c>).</param>
public sealed record BatchRule(int Items, int Bytes, IReadOnlyList<string> Keys)
{
    /// <summary>One event per request.</summary>
    public static BatchRule Single { get; } = new(1, int.MaxValue, []);
}
