using System.Text.Json;

namespace Cdp.Ingestion.Reference;

/// <summary>Reads an OpenAPI document: resolves references and lists operations in order.</summary>
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

    /// <summary>The last part of a reference, such as <c>Track</c> in <c>#/components/schemas/Track</c>; null if the element is not a reference.</summary>
    public static string? ReferredName(this JsonElement element) =>
        element.Find(Reference)?.GetString() is { } pointer ? pointer[(pointer.LastIndexOf('/') + 1)..] : null;

    /// <summary>The element that a reference within the document points to; the element itself if it is not a reference.</summary>
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

/// <summary>One method of a path.</summary>
/// <param name="Method">The HTTP method in upper case.</param>
/// <param name="Path">The path, with parameters in braces.</param>
/// <param name="Content">The operation object of the document.</param>
/// <param name="Parameters">The parameters of the path and of the operation, with references resolved.</param>
public sealed record Operation(string Method, string Path, JsonElement Content, IReadOnlyList<JsonElement> Parameters)
{
    public string Id => Content.Text("operationId");
}
