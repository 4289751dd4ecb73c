using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cdp.Destinations.Tests.Fql;

/// <summary>Writes the prefix arrays in which Segment's servers send FQL to browsers as FQL statements.</summary>
internal static class PrefixArray
{
    private static readonly string[] Infix = ["and", "or", "=", "!=", "<", "<=", ">", ">=", "in"];

    public static string Text(JsonNode? node) => node switch
    {
        JsonArray { Count: > 0 } call => Call((string)call[0]!, call.Skip(1).Select(Text)),
        JsonArray => "[]",
        JsonObject constant => Constant(constant["value"]),
        JsonValue path => string.Concat(((string)path!).Select(Escaped)),
        _ => "null",
    };

    private static string Escaped(char character) =>
        char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-' ? $"{character}" : $"\\{character}";

    private static string Call(string name, IEnumerable<string> arguments) => name == "!" ? $"!({arguments.Single()})"
        : Infix.Contains(name) ? $"({string.Join($" {name} ", arguments)})"
        : $"{name}({string.Join(", ", arguments)})";

    private static string Constant(JsonNode? value) => value switch
    {
        JsonArray items => $"[{string.Join(", ", items.Select(Text))}]",
        JsonValue when value.GetValueKind() == JsonValueKind.String => (string)value! is var text && text.Contains('"') ? $"'{text}'" : $"\"{text}\"",
        null => "null",
        _ => value.ToJsonString(),
    };
}
