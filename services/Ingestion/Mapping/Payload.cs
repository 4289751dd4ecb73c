using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>What a mapping reads from. A part that is not there is <c>default</c>; every path into it finds nothing.</summary>
/// <param name="Body"><c>$</c>: what was sent.</param>
/// <param name="Headers"><c>$headers</c>: an object of texts, names in lower case.</param>
/// <param name="Query"><c>$query</c>: an object of texts.</param>
public readonly record struct Payload(JsonElement Body, JsonElement Headers = default, JsonElement Query = default)
{
    /// <summary><c>$item</c>: the item of an array, where something is done for each.</summary>
    public JsonElement Item { get; init; }
}
