using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Mapping.Yaml;
using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

/// <summary>Reads mappings from YAML, and maps payloads with them.</summary>
internal static class Mappings
{
    public static EventMapping Read(string yaml, out List<string> errors)
    {
        errors = [];
        var section = YamlSection.Read("m.yaml", new StringReader(yaml), errors);
        return section is null ? new EventMapping(null, []) : MappingReader.Read(section);
    }

    public static EventMapping Read(string yaml)
    {
        var mapping = Read(yaml, out var errors);
        Assert.Empty(errors);
        return mapping;
    }

    public static List<string> ReadFaults(string yaml)
    {
        Read(yaml, out var errors);
        return errors;
    }

    /// <summary>Reads a mapping whose only rule creates one track event with these properties.</summary>
    public static EventMapping ReadProperties(string properties) => Read(
        $"""
        rules:
          - events:
              - type: track
                userId: u
                event: e
                properties:
        {string.Join('\n', properties.Split('\n').Select(line => new string(' ', 12) + line))}
        """);

    public static JsonElement ParseJson(string json) => JsonElement.Parse(json);

    public static JsonObject MapToOne(this EventMapping mapping, string body) => Assert.Single(mapping.MapToAll(body));

    public static List<JsonObject> MapToAll(this EventMapping mapping, string body)
    {
        var result = mapping.Map(ParseJson(body));
        Assert.Empty(result.Faults);
        return [.. result.Events.Select(made => JsonNode.Parse(made)!.AsObject())];
    }

    public static string MapToProperties(this EventMapping mapping, string body) =>
        mapping.MapToOne(body)["properties"]!.ToJsonString(
            new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
