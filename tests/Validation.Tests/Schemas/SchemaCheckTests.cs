using Cdp.Validation.Schemas;
using Cdp.Validation.Tests.Plans;
using Xunit;

namespace Cdp.Validation.Tests.Schemas;

/// <summary>Each keyword means what JSON Schema says.</summary>
public sealed class SchemaCheckTests
{
    [Theory]
    [InlineData("{type: integer}", "1", "")]
    [InlineData("{type: integer}", "1.0", "")]
    [InlineData("{type: integer}", "1e3", "")]
    [InlineData("{type: integer}", "1.5", "type")]
    [InlineData("{type: [string, 'null']}", "null", "")]
    [InlineData("{type: [string, 'null'], minLength: 2}", "\"a\"", "minLength")]
    [InlineData("{type: [string, 'null'], minLength: 2}", "1", "type")]
    [InlineData("{type: boolean}", "\"true\"", "type")]
    [InlineData("{type: object}", "[]", "type")]
    [InlineData("{enum: [1, a, true, null]}", "1.0", "")]
    [InlineData("{enum: [1, a, true, null]}", "null", "")]
    [InlineData("{enum: [1, a, true, null]}", "\"1\"", "enum")]
    [InlineData("{enum: [1, a, true, null]}", "\"true\"", "enum")]
    [InlineData("{enum: [[1, 2]]}", "[1.0,2]", "")]
    [InlineData("{const: paid}", "\"paid\"", "")]
    [InlineData("{const: paid}", "\"open\"", "enum")]
    [InlineData("{minimum: 0, exclusiveMaximum: 10}", "-0.5", "minimum")]
    [InlineData("{minimum: 0, exclusiveMaximum: 10}", "10", "exclusiveMaximum")]
    [InlineData("{exclusiveMinimum: 0, maximum: 10}", "0", "exclusiveMinimum")]
    [InlineData("{exclusiveMinimum: 0, maximum: 10}", "10.01", "maximum")]
    [InlineData("{multipleOf: 0.01}", "19.99", "")]
    [InlineData("{multipleOf: 0.01}", "19.999", "multipleOf")]
    [InlineData("{multipleOf: 3}", "1e400", "multipleOf")]
    [InlineData("{minimum: 1e300}", "5", "minimum")]
    [InlineData("{minLength: 2, maxLength: 2}", "\"ab\"", "")]
    [InlineData("{maxLength: 1}", "\"😀\"", "")]
    [InlineData("{minLength: 2}", "\"😀\"", "minLength")]
    [InlineData("{maxLength: 1}", "\"ab\"", "maxLength")]
    [InlineData("{pattern: b}", "\"abc\"", "")]
    [InlineData("{pattern: ^b}", "\"abc\"", "pattern")]
    [InlineData("{pattern: ^b}", "1", "")]
    [InlineData("{minItems: 1, maxItems: 2}", "[]", "minItems")]
    [InlineData("{minItems: 1, maxItems: 2}", "[1,2,3]", "maxItems")]
    [InlineData("{uniqueItems: true}", "[1,\"1\",{\"a\":1,\"b\":2}]", "")]
    [InlineData("{uniqueItems: true}", "[{\"a\":1,\"b\":2},{\"b\":2.0,\"a\":1}]", "uniqueItems")]
    [InlineData("{uniqueItems: false}", "[1,1]", "")]
    [InlineData("{items: {type: string}}", "[\"a\",1]", "type")]
    [InlineData("{items: [{type: string}, {type: integer}]}", "[\"a\",1,true]", "")]
    [InlineData("{items: [{type: string}, {type: integer}]}", "[1,\"a\"]", "type type")]
    [InlineData("{items: [{type: string}], additionalItems: false}", "[\"a\",1]", "additionalItems")]
    [InlineData("{items: [{type: string}], additionalItems: {type: integer}}", "[\"a\",1,\"b\"]", "type")]
    [InlineData("{minProperties: 1, maxProperties: 2}", "{}", "minProperties")]
    [InlineData("{minProperties: 1, maxProperties: 2}", "{\"a\":1,\"b\":1,\"c\":1}", "maxProperties")]
    [InlineData("{required: [a, b]}", "{\"a\":null}", "required")]
    [InlineData("{required: [a]}", "[]", "")]
    [InlineData("{patternProperties: {^x: {type: string}}, properties: {xa: {maxLength: 1}}, additionalProperties: false}", "{\"xa\":\"ab\"}", "maxLength")]
    [InlineData("{patternProperties: {^x: {type: string}}, properties: {xa: {maxLength: 1}}, additionalProperties: false}", "{\"xb\":1}", "type")]
    [InlineData(
        "{patternProperties: {^x: {type: string}}, properties: {xa: {maxLength: 1}}, additionalProperties: false}", "{\"y\":1}", "additionalProperties")]
    [InlineData("{properties: {a: {}}, additionalProperties: {type: string}}", "{\"a\":1,\"b\":\"x\",\"c\":1}", "type")]
    [InlineData("{additionalProperties: true}", "{\"a\":1}", "")]
    [InlineData("{allOf: [{minLength: 3}, {pattern: ^a}]}", "\"b\"", "minLength pattern")]
    [InlineData("{anyOf: [{type: string}, {minimum: 10}]}", "3", "anyOf")]
    [InlineData("{anyOf: [{type: string}, {minimum: 10}]}", "12", "")]
    [InlineData("{oneOf: [{multipleOf: 3}, {multipleOf: 5}]}", "15", "oneOf")]
    [InlineData("{oneOf: [{multipleOf: 3}, {multipleOf: 5}]}", "7", "oneOf")]
    [InlineData("{oneOf: [{multipleOf: 3}, {multipleOf: 5}]}", "9", "")]
    [InlineData("{not: {type: string}}", "\"a\"", "not")]
    [InlineData("{not: {type: string}}", "1", "")]
    public void Check_Value_ViolatesTheseRules(string schema, string value, string kinds)
    {
        var plan = PlanText.Plan($"{{id: p, sources: web, events: {{A: {{properties: {{v: {schema}}}}}}}}}");
        var findings = SchemaCheck.Check($$"""{"v":{{value}}}""", plan.Schemas["A"], out _);
        Assert.Equal(kinds, string.Join(' ', findings.Kept.Select(finding => finding.Kind).Order(StringComparer.Ordinal)));
        Assert.Equal(findings.Kept.Count, findings.Count);
    }

    [Theory]
    [InlineData(
        "date-time",
        "2026-03-01T12:00:00Z 2026-03-01T12:00:00.123456789+01:00 2026-02-28t23:59:60z 2026-03-01",
        "2026-02-30T12:00:00Z 2026-03-01T25:00:00Z 1.3.2026 now")]
    [InlineData("date", "2026-03-01 2024-02-29", "2026-02-29 2026-3-1 20260301")]
    [InlineData("time", "12:00:00Z 23:59:59.5+01:00 12:00", "24:00:00Z 12:60:00 noon")]
    [InlineData("email", "ada@example.com a.b+c@mail.example.org", "ada ada@example a@b@example.com @example.com")]
    [InlineData("hostname", "example.com a-b.example localhost", "-a.example a_b!.example 127.0.0.1")]
    [InlineData("ipv4", "127.0.0.1 255.255.255.255", "127.0.0 256.0.0.1 0x7f.0.0.1 01.2.3.4 ::1")]
    [InlineData("ipv6", "::1 2001:db8::1 ::ffff:1.2.3.4", "127.0.0.1 2001:db8:::1 [::1] fe80::1%eth0")]
    [InlineData("uri", "https://example.com/a?b mailto:a@example.com urn:isbn:0", "/path example.com")]
    [InlineData("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000 {123e4567-e89b-12d3-a456-426614174000} x")]
    [InlineData("guid", "123e4567e89b12d3a456426614174000 {123e4567-e89b-12d3-a456-426614174000}", "x")]
    [InlineData("base64", "YWJj YQ==", "YWJ Y*==")]
    [InlineData("duration", "P1Y2M3DT4H5M6.5S P2W PT1S", "P PT P1 1D P1S")]
    [InlineData("time-span", "1.02:03:04 00:00:01", "x 25:00:00:00:00")]
    public void Find_Format_AcceptsValidAndRejectsInvalidTexts(string format, string valid, string invalid)
    {
        var isValid = Formats.Find(format)!;
        Assert.All(valid.Split(' '), text => Assert.True(isValid(text), text));
        Assert.All(invalid.Split(' '), text => Assert.False(isValid(text), text));
    }
}
