using System.Text.Json;

namespace Cdp.Cli.Output;

/// <summary>Members of a JSON object as the cells of a row.</summary>
public static class Fields
{
    /// <summary>The members in this order. A missing one and a null are empty.</summary>
    public static IReadOnlyList<string> Of(JsonElement json, params IEnumerable<string> names) => [.. names.Select(name => Of(json, name))];

    /// <summary>One member.</summary>
    public static string Of(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? Text(value) : "";

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };
}
