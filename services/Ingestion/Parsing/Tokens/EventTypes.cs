using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>The event types, by name and by the last part of the request path.</summary>
public static class EventTypes
{
    public static readonly IReadOnlyDictionary<string, string> ByPath = new Dictionary<string, string>
    {
        ["track"] = "track",
        ["t"] = "track",
        ["identify"] = "identify",
        ["i"] = "identify",
        ["page"] = "page",
        ["p"] = "page",
        ["screen"] = "screen",
        ["s"] = "screen",
        ["group"] = "group",
        ["g"] = "group",
        ["alias"] = "alias",
        ["a"] = "alias",
        ["merge"] = "merge",
    };

    /// <summary>The event type at the reader's position, ignoring case; null if the value is not an event type.</summary>
    public static string? Find(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String) return null;
        if (!reader.ValueIsEscaped) return Find(reader.ValueSpan);
        return JsonText.TryGet(ref reader, out var name) ? Find(Encoding.UTF8.GetBytes(name!)) : null;
    }

    /// <inheritdoc cref="Find(ref Utf8JsonReader)"/>
    public static string? Find(string name) => Find(Encoding.UTF8.GetBytes(name));

    private static string? Find(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "track"u8)) return "track";
        if (Ascii.EqualsIgnoreCase(name, "identify"u8)) return "identify";
        if (Ascii.EqualsIgnoreCase(name, "page"u8)) return "page";
        if (Ascii.EqualsIgnoreCase(name, "screen"u8)) return "screen";
        if (Ascii.EqualsIgnoreCase(name, "group"u8)) return "group";
        if (Ascii.EqualsIgnoreCase(name, "alias"u8)) return "alias";
        return Ascii.EqualsIgnoreCase(name, "merge"u8) ? "merge" : null;
    }
}
