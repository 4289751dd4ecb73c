using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Hosting;
using Cdp.Ingestion.Mapping;
using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

/// <summary>Reads and runs mappings of a test.</summary>
internal static class Mappings
{
    public static EventMapping Read(string yaml, out List<string> errors)
    {
        errors = [];
        var section = YamlSection.Read("m.yaml", new StringReader(yaml), errors);
        return section is null ? new EventMapping(null, []) : EventMapping.Read(section);
    }

    public static EventMapping Read(string yaml)
    {
        var mapping = Read(yaml, out var errors);
        Assert.Empty(errors);
        return mapping;
    }

    public static List<string> Faults(string yaml)
    {
        Read(yaml, out var errors);
        return errors;
    }

    /// <summary>A mapping of one rule that makes one track event with these properties.</summary>
    public static EventMapping Properties(string properties) => Read(
        $"""
        rules:
          - events:
              - type: track
                userId: u
                event: e
                properties:
        {string.Join('\n', properties.Split('\n').Select(line => new string(' ', 12) + line))}
        """);

    public static JsonElement Json(string json) => JsonElement.Parse(json);

    public static JsonObject One(this EventMapping mapping, string body) => Assert.Single(mapping.All(body));

    public static List<JsonObject> All(this EventMapping mapping, string body)
    {
        var result = mapping.Map(Json(body));
        Assert.Empty(result.Faults);
        return [.. result.Events.Select(made => JsonNode.Parse(made)!.AsObject())];
    }

    public static string Made(this EventMapping mapping, string body) => mapping.One(body)["properties"]!.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
