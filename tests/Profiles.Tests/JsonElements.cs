using System.Text.Json;

namespace Cdp.Profiles.Tests;

/// <summary>Reads members of JSON responses by their path.</summary>
internal static class JsonElements
{
    public static string? Text(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).GetString();

    public static int Int(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).GetInt32();

    /// <summary>The JSON text of a member.</summary>
    public static string Raw(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).GetRawText();

    private static JsonElement At(this JsonElement element, ReadOnlySpan<string> path)
    {
        foreach (var name in path) element = element.GetProperty(name);
        return element;
    }
}
