using System.Globalization;
using System.Text.Json;

namespace Cdp.Functions.Testing;

/// <summary>One case of <c>NAME.test.json</c>.</summary>
/// <param name="Name">Its name, or its number from 1.</param>
/// <param name="Input">The event.</param>
/// <param name="Expected">What is expected; null: only that the function does not fail.</param>
/// <param name="Metadata">The metadata, as JSON; null for none.</param>
/// <param name="Settings">The settings, as JSON.</param>
/// <param name="Fetch">Responses by URL, or by method and URL: <c>{"status", "body"}</c>; null: the function cannot fetch.</param>
/// <param name="Destination">Whether the function is a destination, which returns nothing.</param>
/// <param name="Requests">The requests that the function is expected to make: a list of <c>{"method", "url", "body"}</c>; null: any.</param>
internal sealed record FunctionTestCase(
    string Name,
    JsonElement Input,
    JsonElement? Expected,
    string? Metadata,
    string Settings,
    IReadOnlyDictionary<string, JsonElement>? Fetch,
    bool Destination,
    JsonElement? Requests)
{
    private static readonly string[] Members = ["name", "input", "expected", "metadata", "settings", "fetch", "destination", "requests"];

    /// <summary>The responses as text, to compare.</summary>
    public string FetchText => Fetch is null ? "" : JsonSerializer.Serialize(Fetch);

    /// <summary>Reads the cases of a file.</summary>
    /// <exception cref="FormatException">The text is not a list of cases. The message names the case and the member.</exception>
    public static IReadOnlyList<FunctionTestCase> Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            if (document.RootElement.ValueKind != JsonValueKind.Array) throw new FormatException("must be a list of cases: [{\"input\": …, \"expected\": …}]");
            return [.. document.RootElement.EnumerateArray().Select((item, index) => Read(item.Clone(), (index + 1).ToString(CultureInfo.InvariantCulture)))];
        }
        catch (JsonException e)
        {
            throw new FormatException($"line {e.LineNumber + 1}: {e.Message}", e);
        }
    }

    private static FunctionTestCase Read(JsonElement item, string number)
    {
        if (item.ValueKind != JsonValueKind.Object) throw new FormatException($"case {number} must be an object");
        var unknown = item.EnumerateObject().Select(member => member.Name).Except(Members).FirstOrDefault();
        if (unknown is not null) throw new FormatException($"case {number} has an unknown member \"{unknown}\": use {string.Join(", ", Members)}");
        if (Member(item, "input") is not { ValueKind: JsonValueKind.Object } input)
            throw new FormatException($"case {number} must have an \"input\" that is an object");
        return new FunctionTestCase(
            item.TryGetProperty("name", out var name) ? name.ToString() : number,
            input,
            Member(item, "expected"),
            Member(item, "metadata")?.GetRawText(),
            Member(item, "settings")?.GetRawText() ?? "{}",
            Member(item, "fetch")?.EnumerateObject().ToDictionary(response => response.Name, response => response.Value),
            Member(item, "destination") is { ValueKind: JsonValueKind.True },
            Member(item, "requests"));
    }

    private static JsonElement? Member(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value : null;
}
