using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Values;
using Xunit;

namespace Cdp.Destinations.Tests.Fields;

/// <summary>Fields are cleaned, converted and checked as in the framework of the reference, except for the listed differences.</summary>
public sealed class FieldVectorTests
{
    private const string Invalid = "invalid";

    [Fact]
    public void Prepare_ValuesOfEachType_AgreesWithTheReference() => Vectors.Compare(
        "fields-upstream.json",
        Vectors.Read("fields-upstream.json").AsArray().Select(one => one!.AsObject()),
        one => one["errors"] is null ? Sorted(one["result"]) : Invalid,
        one => Prepare(JsonSerializer.SerializeToElement(one["fields"]), JsonSerializer.SerializeToElement(one["payload"])),
        Difference);

    private static string Prepare(JsonElement fields, JsonElement payload)
    {
        List<string> errors = [];
        var schema = FieldSchema.Parse(fields, errors);
        Assert.Empty(errors);
        return schema!.Prepare(Datum.Of(payload)) is FieldResult.Prepared prepared ? Sorted(JsonNode.Parse(prepared.Payload.ToJson())) : Invalid;
    }

    private static string? Difference(JsonObject one)
    {
        var (field, value) = (one["fields"]!["v"]!, one["payload"]!["v"]);
        var type = (string)field["type"]!;
        if (type is "number" or "integer" && value is JsonValue) return "a blank or hexadecimal string is not a number";
        if (field["allowNull"] is not null && value is JsonArray) return "what a list of one holds is not converted to null and back";
        if (type != "datetime" || !((bool?)field["multiple"] ?? value is JsonArray)) return null;
        return value?.ToJsonString() is "[1]" or "[\"5\"]" or "[[1]]"
            ? "a list of one time is that time; the reference turns a number into a string and a string into a number"
            : "every item of a list must be a time; the reference checks single times only";
    }

    private static string Sorted(JsonNode? node) => node switch
    {
        JsonObject members => $"{{{string.Join(',', members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(Member))}}}",
        JsonArray items => $"[{string.Join(',', items.Select(Sorted))}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => (value.GetValue<JsonElement>().GetDouble() + 0.0).ToString("R"),
        _ => node?.ToJsonString() ?? "null",
    };

    private static string Member(KeyValuePair<string, JsonNode?> member) => $"{JsonSerializer.Serialize(member.Key)}:{Sorted(member.Value)}";
}
