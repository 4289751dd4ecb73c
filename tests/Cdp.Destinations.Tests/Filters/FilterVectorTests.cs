using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Destinations.Filters;
using Xunit;

namespace Cdp.Destinations.Tests.Filters;

/// <summary>Filters behave like the reference implementation, except for the listed differences.</summary>
public sealed class FilterVectorTests
{
    private const string Undefined = "__undefined__";

    [Fact]
    public void Apply_TransformersOfTheReferencesTests_Agrees() => Vectors.Compare(
        "tsub-upstream.json transformers",
        Vectors.Calls("tsub-upstream.json", "transformers"),
        call => call["error"] is not null ? "refused" : call["result"] is null ? "dropped" : Json(call["result"]),
        call => Apply(call["args"]![1]!.AsArray(), call["args"]![0]),
        Difference);

    private static string? Difference(JsonObject call)
    {
        var config = call["args"]![1]![0]!["config"];
        if (config?["sample"]?["percent"]?.GetValue<double>() > 1) return "'percent' is a fraction; a number above 1 is refused";
        if ((string?)config?["sample"]?["path"] is { Length: > 0 }) return "sampling by a value keeps the fraction; the reference keeps every event";
        return config?["map"]?["mapMe"]?["to_string"] is not null && (string?)call["result"]?["mapMe"] == "undefined"
            ? "'to_string' leaves a missing member missing; the reference sets it to the word 'undefined'"
            : null;
    }

    private static string Apply(JsonArray transformers, JsonNode? @event)
    {
        var steps = new JsonArray([.. transformers.Select(transformer => Step(transformer!))]);
        List<string> errors = [];
        if (EventFilter.Parse(JsonSerializer.SerializeToElement<JsonNode>(steps), errors) is not { } filter) return "refused";
        return filter.Apply(JsonSerializer.SerializeToElement(Without(@event))) is FilterResult.Passed { Event: var passed }
            ? Json(JsonNode.Parse(passed.GetRawText()))
            : "dropped";
    }

    private static JsonNode Step(JsonNode transformer)
    {
        var config = transformer["config"];
        var (name, argument) = (string)transformer["type"]! switch
        {
            "drop" => ("drop", JsonValue.Create(true)),
            "sample_event" => ("sample", config?["sample"]),
            "drop_properties" => ("drop_properties", config?["drop"]),
            "allow_properties" => ("allow_properties", config?["allow"]),
            "map_properties" => ("map_properties", config?["map"]),
            var other => (other, config),
        };
        return new JsonObject { [name] = argument?.DeepClone() };
    }

    private static JsonNode? Without(JsonNode? node) => node is JsonObject members
        ? new JsonObject(members.Where(member => !IsUndefined(member.Value)).Select(member => KeyValuePair.Create(member.Key, Without(member.Value))))
        : node?.DeepClone();

    private static bool IsUndefined(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String && (string)value! == Undefined;

    // With the members of the event sorted by name: setting an existing member moves it to the end in one implementation but not in the other.
    private static string Json(JsonNode? node) => node is JsonObject members
        ? $"{{{string.Join(',', members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"\"{member.Key}\":{Json(member.Value)}"))}}}"
        : node?.ToJsonString() ?? "null";
}
