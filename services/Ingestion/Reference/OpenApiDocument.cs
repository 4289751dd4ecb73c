using System.Text.Json;

namespace Cdp.Ingestion.Reference;

/// <summary>Reading of an OpenAPI document: its references, and its operations in order.</summary>
public static class OpenApiDocument
{
    private const string Reference = "$ref";

    public static JsonElement? Find(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }
        return element;
    }

    public static string Text(this JsonElement element, string name) => element.Find(name)?.GetString() ?? "";

    public static IEnumerable<JsonProperty> Members(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Find(path) is { } found ? found.EnumerateObject() : [];

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) => element.Find(name) is { } found ? found.EnumerateArray() : [];

    /// <summary>The last part of a reference, <c>Track</c> of <c>#/components/schemas/Track</c>; null where the element is none.</summary>
    public static string? ReferredName(this JsonElement element) =>
        element.Find(Reference)?.GetString() is { } pointer ? pointer[(pointer.LastIndexOf('/') + 1)..] : null;

    /// <summary>What the element refers to; itself where it is no reference. The document refers to its own components alone.</summary>
    public static JsonElement Resolve(this JsonElement document, JsonElement element)
    {
        if (element.Find(Reference)?.GetString() is not { } pointer) return element;
        return document.Find(pointer.Split('/')[1..]) ?? throw new InvalidOperationException($"the OpenAPI document has no {pointer}");
    }

    public static IEnumerable<Operation> Operations(this JsonElement document) =>
        from path in document.Members("paths")
        from method in path.Value.EnumerateObject()
        where method.Name != "parameters"
        select new Operation(
            method.Name.ToUpperInvariant(), path.Name, method.Value,
            [.. path.Value.Items("parameters").Concat(method.Value.Items("parameters")).Select(parameter => document.Resolve(parameter))]);
}

/// <summary>What a path answers to one method.</summary>
/// <param name="Parameters">Its own and its path's, resolved.</param>
public sealed record Operation(string Method, string Path, JsonElement Content, IReadOnlyList<JsonElement> Parameters)
{
    public string Id => Content.Text("operationId");
}
