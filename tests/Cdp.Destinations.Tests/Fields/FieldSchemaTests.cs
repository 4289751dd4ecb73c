using System.Text.Json;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Values;
using Xunit;

namespace Cdp.Destinations.Tests.Fields;

/// <summary>Field schemas: which are accepted, how faults in a payload are reported, and how a destination's mapping is completed.</summary>
public sealed class FieldSchemaTests
{
    private const string Fields = """
        {
          "email": {"label": "Email", "type": "string", "format": "email", "required": true, "default": {"@path": "$.traits.email"}},
          "plan": {"type": "string", "choices": ["free", {"label": "Pro", "value": "pro"}], "default": "free"},
          "age": {"type": "integer", "minimum": 0, "maximum": 150},
          "code": {"type": "string", "minimum": 2, "maximum": 3},
          "time": {"type": "datetime", "default": {"@path": "$.timestamp"}},
          "items": {"type": "object", "multiple": true, "properties": {"sku": {"type": "string", "required": true}, "price": {"type": "number"}}},
          "address": {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": true},
          "traits": {"type": "object"}
        }
        """;

    [Fact]
    public void Prepare_ValidFields_GivesThePayload() => Assert.Equal(
        """{"email":"ada@example.com","age":36,"time":1772366400,"items":[{"sku":"5","price":1.50}],"address":{"city":"Graz","zip":8010},"""
            + "\"traits\":{\"a\":null}}",
        Payload("""
            {"email":"ada@example.com","age":"36","other":1,"code":"","plan":null,"time":1772366400,"items":{"sku":5,"price":1.50,"more":1},
            "address":{"city":["Graz"],"zip":8010},"traits":{"a":null}}
            """));

    [Fact]
    public void Prepare_InvalidFields_NamesEveryFaultWithItsPathAndNoValue() => Assert.Equal(
        [
            "/plan must be one of \"free\", \"pro\"",
            "/age must be at most 150",
            "/code must have at least 2 characters",
            "/time must have the format date-like",
            "/items/0/sku is missing",
            "/items/1/price must be a number, not this string",
            "/items/2 must be an object, not a boolean",
            "/traits must be an object, not a list",
            "/email is missing",
        ],
        Faults("""
            {"plan":"secret","age":200,"code":"s","time":"secret","items":[{},{"sku":"a","price":"secret"},true],"address":{},"traits":[{},{}]}
            """));

    [Theory]
    [InlineData("[1,2]", "/email must be a string, not a list")]
    [InlineData("{}", "/email must be a string, not an object")]
    [InlineData("\"secret\"", "/email must have the format email")]
    [InlineData("null", "/email is missing")]
    public void Prepare_InvalidEmail_NamesTheFault(string email, string expected) => Assert.Equal([expected], Faults($$"""{"email":{{email}}}"""));

    [Fact]
    public void Prepare_NoObject_IsInvalid() =>
        Assert.Equal(["/ must be an object"], Assert.IsType<FieldResult.Invalid>(Schema(Fields).Prepare(Datum.Of(1d))).Faults);

    [Theory]
    [InlineData(null, """{"email":"ada@example.com","plan":"free","time":"2026-03-01T12:00:00Z"}""")]
    [InlineData("""{"plan": "pro", "age": {"@path": "$.traits.age"}}""", """{"email":"ada@example.com","plan":"pro","time":"2026-03-01T12:00:00Z","age":36}""")]
    [InlineData("""{"time": null, "plan": null}""", """{"email":"ada@example.com","plan":null,"time":null}""")]
    public void Mapping_OfADestination_IsCompletedWithTheDefaults(string? own, string expected)
    {
        List<string> errors = [];
        var mapping = Schema(Fields).Mapping(own is null ? null : JsonElement.Parse(own), errors);
        Assert.Empty(errors);
        var mapped = mapping!.Map(JsonElement.Parse("""{"traits":{"email":"ada@example.com","age":36},"timestamp":"2026-03-01T12:00:00Z"}"""));
        Assert.Equal(expected, mapped.ToJson());
    }

    [Fact]
    public void Mapping_WithFaults_NamesEachWithItsPath()
    {
        List<string> errors = [];
        Assert.Null(Schema(Fields).Mapping(JsonElement.Parse("""{"mail": "a", "age": {"@path": 5}}"""), errors));
        Assert.Equal(
            [
                "/mail is not a field; the fields are email, plan, age, code, time, items, address, traits",
                "/age/@path must be a string or a directive, not a number",
            ],
            errors);
        errors.Clear();
        Assert.Null(Schema(Fields).Mapping(JsonElement.Parse("[]"), errors));
        Assert.Equal(["/ must be an object with a mapping for each field"], errors);
    }

    [Fact]
    public void Parse_InvalidSchema_NamesEveryFaultWithItsPath()
    {
        List<string> errors = [];
        Assert.Null(FieldSchema.Parse(JsonElement.Parse("""
            {
              "a": {"type": "float", "format": "phone", "required": "yes", "size": 1},
              "b": "string",
              "c": {"type": "string", "choices": [{}], "minimum": "1", "default": {"@path": 1}},
              "d": {"type": "string", "properties": {"x": {"type": "text"}}},
              "e": {"type": "object", "properties": {"x": {}}},
              "f": {"type": "string"}, "f": {"type": "number"}
            }
            """), errors));
        Assert.Equal(["/f occurs twice"], errors);

        errors.Clear();
        Assert.Null(FieldSchema.Parse(JsonElement.Parse("""
            {
              "a": {"type": "float", "format": "phone", "required": "yes", "size": 1},
              "b": "string",
              "c": {"type": "string", "choices": [{}], "minimum": "1", "default": {"@path": 1}},
              "d": {"type": "string", "properties": {"x": {"type": "text"}}},
              "e": {"type": "object", "properties": {"x": {}}}
            }
            """), errors));
        const string Types = "must be one of string, text, number, integer, datetime, boolean, password, object";
        Assert.Equal(
            [
                "/a/size is not known; the keys of a field are label, description, type, multiple, required, allowNull, choices, format, minimum, maximum, "
                    + "default, properties, additionalProperties",
                $"/a/type {Types}",
                "/a/required must be true or false",
                "/a/format must be one of email, uri, uri-reference, date, time, date-time, date-like, hostname, ipv4, ipv6, uuid, text, password",
                "/b must be an object with the type of the field, such as {\"type\": \"string\"}",
                "/c/choices must be a list of strings, numbers or booleans, or of objects with a label and such a value",
                "/c/minimum must be a number",
                "/c/default/@path must be a string or a directive, not a number",
                "/d/properties is only for fields of the type object",
                $"/e/properties/x/type {Types}",
            ],
            errors);
    }

    private static string Payload(string mapped) =>
        Assert.IsType<FieldResult.Prepared>(Schema(Fields).Prepare(Datum.Of(JsonElement.Parse(mapped)))).Payload.ToJson();

    private static IReadOnlyList<string> Faults(string mapped) =>
        Assert.IsType<FieldResult.Invalid>(Schema(Fields).Prepare(Datum.Of(JsonElement.Parse(mapped)))).Faults;

    private static FieldSchema Schema(string fields)
    {
        List<string> errors = [];
        var schema = FieldSchema.Parse(JsonElement.Parse(fields), errors);
        Assert.Empty(errors);
        return schema!;
    }
}
