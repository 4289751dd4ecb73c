using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>The input of a mapping. A missing part is <c>default</c>, and paths into it find no value.</summary>
/// <param name="Body"><c>$</c>: the payload itself.</param>
/// <param name="Headers"><c>$headers</c>: an object of strings with names in lower case.</param>
/// <param name="Query"><c>$query</c>: an object of strings.</param>
public readonly record struct Payload(JsonElement Body, JsonElement Headers = default, JsonElement Query = default)
{
    /// <summary><c>$item</c>: the current item inside <c>each</c> or <c>$each</c>.</summary>
    public JsonElement Item { get; init; }
}
