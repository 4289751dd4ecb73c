using System.Text.Json.Nodes;

namespace Cdp.Destinations.Tests.Fql;

/// <summary>Writes the reference's syntax tree of an action subscription as FQL.</summary>
internal static class Subscription
{
    public static string Text(JsonObject node) => (string)node["type"]! == "group"
        ? string.Join($" {node["operator"]} ", node["children"]!.AsArray().Select(child => $"({Text(child!.AsObject())})"))
        : Condition(Path(node), (string)node["operator"]!, node["value"]);

    private static string Condition(string path, string comparison, JsonNode? value) => comparison switch
    {
        "is_true" => $"{path} = true",
        "is_false" => $"{path} = false",
        "exists" => $"{path} != null",
        "not_exists" => $"{path} = null",
        "contains" => $"contains({path}, {value!.ToJsonString()})",
        "not_contains" => $"!contains({path}, {value!.ToJsonString()})",
        "starts_with" => $"match({path}, \"{value}*\")",
        "not_starts_with" => $"!match({path}, \"{value}*\")",
        "ends_with" => $"match({path}, \"*{value}\")",
        "not_ends_with" => $"!match({path}, \"*{value}\")",
        "number_equals" => $"{path} = {value}",
        "number_not_equals" => $"{path} != {value}",
        "<" or "<=" or ">" or ">=" => $"{path} {comparison} {value}",
        _ => $"{path} {comparison} {value!.ToJsonString()}",
    };

    private static string Path(JsonObject node) => (string)node["type"]! switch
    {
        "event-type" => "type",
        "event-property" => $"properties.{node["name"]}",
        "event-trait" => $"traits.{node["name"]}",
        "event-context" => $"context.{node["name"]}",
        var name => name,
    };
}
