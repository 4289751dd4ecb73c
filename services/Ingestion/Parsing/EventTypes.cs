using System.Text.Json;

namespace Cdp.Ingestion.Parsing;

/// <summary>The types of events, by their names and by the paths that carry them.</summary>
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

    /// <summary>The type that the reader stands on, always the same string; null where it is none.</summary>
    public static string? Find(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped) return null;
        var name = reader.ValueSpan;
        if (name.SequenceEqual("track"u8)) return "track";
        if (name.SequenceEqual("identify"u8)) return "identify";
        if (name.SequenceEqual("page"u8)) return "page";
        if (name.SequenceEqual("screen"u8)) return "screen";
        if (name.SequenceEqual("group"u8)) return "group";
        if (name.SequenceEqual("alias"u8)) return "alias";
        return name.SequenceEqual("merge"u8) ? "merge" : null;
    }
}
