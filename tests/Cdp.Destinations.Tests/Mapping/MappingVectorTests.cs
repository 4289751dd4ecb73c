using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Destinations.Mapping;
using Xunit;

namespace Cdp.Destinations.Tests.Mapping;

/// <summary>Mappings give the same results as the reference implementation, apart from the listed differences.</summary>
public sealed class MappingVectorTests
{
    private const string Undefined = "__undefined__";
    private const string Refused = "refused";

    [Fact]
    public void Map_MappingsOfRealDestinations_AgreesOnEachEvent()
    {
        var corpus = Vectors.Read("corpus-mapping.json");
        var events = corpus["events"]!.AsArray().Select(Element).ToList();
        Vectors.Compare(
            "corpus-mapping.json",
            corpus["cases"]!.AsArray().SelectMany(one => one!["outs"]!.AsArray().Select(outcome => (Mapping: one["mapping"]!, Out: outcome!))),
            one => Expected(one.Out, "output"),
            one => Mapped(one.Mapping, events[(int)one.Out["event"]!]),
            one => Difference(one.Mapping));
    }

    [Fact]
    public void Map_UnusualValues_AgreesOnEachDirective()
    {
        var edge = Vectors.Read("edge-mapping.json");
        var @event = Element(edge["event"]);
        Vectors.Compare(
            "edge-mapping.json",
            edge["cases"]!.AsArray(),
            one => Expected(one!, "output"),
            one => Mapped(one!["mapping"], @event),
            one => Difference(one!["mapping"]));
    }

    [Fact]
    public void Map_CallsOfTheReferencesTests_Agrees() => Vectors.Compare(
        "mapping-kit-upstream.json transform",
        Vectors.Calls("mapping-kit-upstream.json", "transform"),
        call => Expected(call, "result"),
        call => Mapped(Without(call["args"]![0]), call["args"]!.AsArray().Count > 1 ? Element(Without(call["args"]![1])) : Element(new JsonObject())),
        call => DifferenceOf(call));

    [Fact]
    public void Parse_MappingsOfTheReferencesTests_AreReadOrRefused() => Vectors.Compare(
        "mapping-kit-upstream.json validate",
        Vectors.Calls("mapping-kit-upstream.json", "validate"),
        call => call["error"] is null ? "read" : Refused,
        call => Reads(call["args"]![0]) ? "read" : Refused,
        call => DifferenceOf(call));

    [Fact]
    public void Map_TemplatesOfTheReferencesTests_Agrees() => Vectors.Compare(
        "mapping-kit-upstream.json render",
        Vectors.Calls("mapping-kit-upstream.json", "render").Where(call => call["error"] is null),
        call => (string)call["result"]!,
        call => (string?)JsonNode.Parse(Mapped(
            new JsonObject { ["v"] = new JsonObject { ["@template"] = call["args"]![0]!.DeepClone() } },
            call["args"]!.AsArray().Count > 1 ? Element(Without(call["args"]![1])) : Element(new JsonObject())))!["v"] ?? "",
        _ => null);

    private static JsonElement Element(JsonNode? node) => JsonSerializer.SerializeToElement(node);

    // The result of the reference, with the members of objects sorted by name, because JavaScript puts numeric names first.
    private static string Expected(JsonNode outcome, string member)
    {
        if (outcome["error"] is not null) return Refused;
        return outcome["undefined"] is not null ? "null" : Sorted(Without(outcome[member]));
    }

    private static string Mapped(JsonNode? mapping, JsonElement @event)
    {
        try
        {
            return Sorted(JsonNode.Parse(EventMapping.Parse(Element(mapping)).Map(@event).ToJson()));
        }
        catch (Exception refusal) when (refusal is MappingException or ArgumentException)
        {
            return Refused;
        }
    }

    private static bool Reads(JsonNode? mapping)
    {
        try
        {
            EventMapping.Parse(Element(mapping));
            return true;
        }
        catch (MappingException)
        {
            return false;
        }
    }

    private static JsonNode? Without(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(
            members.Where(member => !IsUndefined(member.Value)).Select(member => KeyValuePair.Create(member.Key, Without(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Without)]),
        _ => IsUndefined(node) ? null : node?.DeepClone(),
    };

    private static bool IsUndefined(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String && (string)value! == Undefined;

    private static string Sorted(JsonNode? node) => node switch
    {
        JsonObject members => $"{{{string.Join(',', members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(Member))}}}",
        JsonArray items => $"[{string.Join(',', items.Select(Sorted))}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => value.GetValue<JsonElement>().GetDouble().ToString("R"),
        _ => node?.ToJsonString() ?? "null",
    };

    private static string Member(KeyValuePair<string, JsonNode?> member) => $"{JsonSerializer.Serialize(member.Key)}:{Sorted(member.Value)}";

    private static string? Difference(JsonNode? mapping)
    {
        var text = mapping?.ToJsonString() ?? "";
        if (text.Contains("x.y", StringComparison.Ordinal)) return "a quoted name may contain a dot; the reference splits it and finds nothing";
        return null;
    }

    private static string? DifferenceOf(JsonObject call)
    {
        if (Difference(call["args"]![0]) is { } difference) return difference;
        if (call["args"]![0] is not JsonObject) return "a mapping must be an object; the reference converts an array or string into one";
        return null;
    }
}
