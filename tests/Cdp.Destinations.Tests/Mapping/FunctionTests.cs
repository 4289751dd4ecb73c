using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cdp.Destinations.Mapping;
using Xunit;

namespace Cdp.Destinations.Tests.Mapping;

/// <summary><c>@fn</c>: the result of each function, and which options are refused.</summary>
public sealed class FunctionTests
{
    [Theory]
    [InlineData("number", "\" 20.50 \"", "20.50")]
    [InlineData("number", "\"12345678901234567890\"", "12345678901234567890")]
    [InlineData("number", "\"007\"", "7")]
    [InlineData("number", "\"1e3\"", "1000")]
    [InlineData("number", "1.50", "1.50")]
    [InlineData("number", "true", "1")]
    [InlineData("number", "\"5 EUR\"", null)]
    [InlineData("number", "\"\"", null)]
    [InlineData("number", "\"1e999\"", null)]
    [InlineData("number", "{}", null)]
    [InlineData("number", "null", "null")]
    [InlineData("number", """["1", "x", null, 2]""", "[1,2]")]
    [InlineData("integer", "\"19.5\"", "20")]
    [InlineData("integer", "-2.5", "-3")]
    [InlineData("integer", "12345678901234567890", "12345678901234567890")]
    [InlineData("string", "1.50", "\"1.5\"")]
    [InlineData("string", "12345678901234567890", "\"12345678901234567890\"")]
    [InlineData("string", "false", "\"false\"")]
    [InlineData("string", "{}", null)]
    [InlineData("boolean", "\"Yes\"", "true")]
    [InlineData("boolean", "0", "false")]
    [InlineData("boolean", "\"maybe\"", null)]
    [InlineData("trim", "\" a b \"", "\"a b\"")]
    [InlineData("snakecase", "\"Order Completed!\"", "\"order_completed\"")]
    [InlineData("snakecase", "\"$page__view-2\"", "\"page_view_2\"")]
    [InlineData("alphanumeric", "\"St. Pölten\"", "\"stpölten\"")]
    [InlineData("sha256", "{}", null)]
    [InlineData("sha256", "true", null)]
    [InlineData("sha256", "\"  \"", "\"\"")]
    public void Map_FunctionWithoutOptions_GivesTheValue(string name, string value, string? expected) =>
        Assert.Equal(expected, Map($$"""{"value": {"@path": "$.v"}, "name": "{{name}}"}""", value));

    [Theory]
    [InlineData("\" Ada@Example.com \"", "ada@example.com")]
    [InlineData("\"ada@example.com\"", "ada@example.com")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    public void Map_Sha256_HashesTheTrimmedValueInLowerCase(string value, string hashed) =>
        Assert.Equal($"\"{Hash(hashed)}\"", Map("""{"name": "sha256", "value": {"@path": "$.v"}}""", value));

    [Fact]
    public void Map_Sha256OfAHash_KeepsIt()
    {
        var hash = Hash("ada@example.com");
        Assert.Equal($"\"{hash}\"", Map("""{"name": "sha256", "value": {"@path": "$.v"}}""", $"\"{hash}\""));
        Assert.Equal($"\"{hash}\"", Map("""{"name": "sha256", "value": {"@fn": {"name": "sha256", "value": {"@path": "$.v"}}}}""", "\"ada@example.com\""));
    }

    [Theory]
    [InlineData("\"2026-03-01T12:00:00.005Z\"", "iso8601", "\"2026-03-01T12:00:00.005Z\"")]
    [InlineData("\"2026-03-01T14:00:00+02:00\"", "iso8601", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("\"2026-03-01 12:00:00\"", "iso8601", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("\"Sun, 01 Mar 2026 12:00:00 GMT\"", "iso8601", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("\"2026-03-01\"", "unix_seconds", "1772323200")]
    [InlineData("1772366400", "iso8601", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("1772366400123", "iso8601", "\"2026-03-01T12:00:00.123Z\"")]
    [InlineData("1772366400123456", "iso8601", "\"2026-03-01T12:00:00.123456Z\"")]
    [InlineData("\"1772366400\"", "unix_milliseconds", "1772366400000")]
    [InlineData("\"2026-03-01T12:00:00.123456Z\"", "unix_microseconds", "1772366400123456")]
    [InlineData("\"2026-03-01T12:00:00.999Z\"", "unix_seconds", "1772366400")]
    [InlineData("\"2026-03-01T12:00:00Z\"", "YYYYMMDD", "\"20260301\"")]
    [InlineData("\"2026-03-01T02:03:04.005Z\"", "YYYY-MM-DD HH:mm:ss.SSS+00:00", "\"2026-03-01 02:03:04.005+00:00\"")]
    [InlineData("\"2026-03-01T02:03:04Z\"", "YYYY-MM-DDTHH:mm:ssZ", "\"2026-03-01T02:03:04Z\"")]
    [InlineData("\"10:30\"", "iso8601", null)]
    [InlineData("\"yesterday\"", "iso8601", null)]
    [InlineData("1e30", "iso8601", null)]
    [InlineData("-1e16", "iso8601", "\"1653-02-10T06:13:20Z\"")]
    [InlineData("true", "iso8601", null)]
    public void Map_Date_IsWrittenInTheFormat(string value, string format, string? expected) =>
        Assert.Equal(expected, Map($$"""{"name": "date", "value": {"@path": "$.v"}, "format": "{{format}}"}""", value));

    // Numbers from the examples in libphonenumber's documentation and from ITU-T's test ranges.
    [Theory]
    [InlineData("\"044 668 18 00\"", ",\"region\": \"CH\"", "\"+41446681800\"")]
    [InlineData("\"+41 44 668 1800\"", "", "\"+41446681800\"")]
    [InlineData("\"044 668 18 00\"", "", null)]
    [InlineData("\"+41 44 668 1800\"", ",\"plus\": false", "\"41446681800\"")]
    [InlineData("41446681800", ",\"region\": \"CH\"", "\"+41446681800\"")]
    [InlineData("\"044 668 18 00\"", ",\"region\": {\"@path\": \"$.country\"}", "\"+41446681800\"")]
    [InlineData("\"123\"", ",\"region\": \"CH\"", null)]
    [InlineData("\"no number\"", ",\"region\": \"CH\"", null)]
    [InlineData("[\"044 668 18 00\", \"x\"]", ",\"region\": \"CH\"", "[\"+41446681800\"]")]
    public void Map_E164_IsTheInternationalNumber(string value, string options, string? expected) =>
        Assert.Equal(expected, Map("{\"name\": \"e164\", \"value\": {\"@path\": \"$.v\"}" + options + "}", value));

    [Theory]
    [InlineData("\"abcdef\"", 3, "\"abc\"")]
    [InlineData("\"ab\"", 3, "\"ab\"")]
    [InlineData("\"ab😀\"", 3, "\"ab\"")]
    [InlineData("\"ab😀c\"", 4, "\"ab\\uD83D\\uDE00\"")]
    [InlineData("12345", 3, "\"123\"")]
    public void Map_Truncate_KeepsWholeCharacters(string value, int length, string expected) =>
        Assert.Equal(expected, Map($$"""{"value": {"@path": "$.v"}, "length": {{length}}, "name": "truncate"}""", value));

    [Fact]
    public void Parse_InvalidFunction_NamesEveryFaultWithItsPath()
    {
        var exception = Assert.Throws<MappingException>(() => Parse("""
            {
              "a": {"@fn": {"name": "md5", "value": 1}},
              "b": {"@fn": {"name": "sha256"}},
              "c": {"@fn": {"name": "trim", "value": 1, "length": 5}},
              "d": {"@fn": {"name": "date", "value": 1, "format": "MMM yyyy"}},
              "e": {"@fn": {"name": "truncate", "value": 1, "length": 0}},
              "f": {"@fn": {"name": "e164", "value": 1, "region": "at", "plus": 1}},
              "g": {"@fn": "sha256"}
            }
            """));
        Assert.Equal(
            [
                "/a/@fn/name must be one of the functions sha256, e164, date, number, integer, string, boolean, trim, truncate, snakecase and alphanumeric",
                "/b/@fn/value is missing",
                "/c/@fn/length is not an option; write name, value",
                "/d/@fn/format must be iso8601, unix_seconds, unix_milliseconds, unix_microseconds, or a pattern such as \"YYYY-MM-DD HH:mm:ss\"",
                "/e/@fn/length must be how many characters to keep, an integer above 0",
                "/f/@fn/plus must be true or false, not a number",
                "/f/@fn/region must be the ISO 3166 code of a region in capital letters, such as \"AT\", or a directive",
                "/g/@fn must be an object, not a string",
            ],
            exception.Faults);
    }

    // The member v of the result; null if it is missing.
    private static string? Map(string function, string value)
    {
        using var @event = JsonDocument.Parse($$"""{"v": {{value}}, "country": "ch"}""");
        var mapped = Parse("{\"v\": {\"@fn\": " + function + "}}").Map(@event.RootElement).Member("v");
        return mapped.IsMissing ? null : mapped.ToJson();
    }

    private static EventMapping Parse(string mapping)
    {
        using var document = JsonDocument.Parse(mapping);
        return EventMapping.Parse(document.RootElement);
    }

    private static string Hash(string value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}
