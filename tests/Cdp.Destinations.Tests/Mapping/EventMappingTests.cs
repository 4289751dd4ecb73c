using System.Text.Json;
using Cdp.Destinations.Mapping;
using Xunit;

namespace Cdp.Destinations.Tests.Mapping;

/// <summary>Mappings: which are valid, which are rejected, and which parts of an event are copied unchanged.</summary>
public sealed class EventMappingTests
{
    private const string Directives =
        "@path, @template, @if, @case, @replace, @arrayPath, @literal, @merge, @flatten, @json, @transform, @excludeWhenNull, @liquid and @fn";

    [Theory]
    [InlineData("""{"v": {"@path": "$.properties.id"}}""", """{"v":12345678901234567890}""")]
    [InlineData("""{"v": {"@path": "$.properties.price"}}""", """{"v":1.50}""")]
    [InlineData("""{"v": {"@template": "{{properties.price}}"}}""", """{"v":"1.5"}""")]
    [InlineData("""{"v": {"@path": "$.properties['x.y']"}}""", """{"v":5}""")]
    [InlineData("""{"v": {"@path": "$.properties.list[1].n"}}""", """{"v":2}""")]
    [InlineData("""{"v": {"@path": "$.properties.list.length"}}""", """{"v":2}""")]
    [InlineData("""{"v": {"@path": "$.properties.list[-1]"}}""", """{}""")]
    [InlineData("""{"v": {"@template": "{{properties.braces}}"}}""", """{"v":"{{type}}"}""")]
    [InlineData("""{"v": {"@merge": {"direction": "right", "objects": [{"a": 1}, {"@path": "$.type"}]}}}""", """{"v":{"a":1}}""")]
    [InlineData("""{"v": {"@replace": {"pattern": "t", "replacement": "$$", "value": {"@path": "$.type"}}}}""", """{"v":"$rack"}""")]
    [InlineData("""{"v": {"@arrayPath": ["$.properties.list", {"m": {"@path": "$.n"}}]}}""", """{"v":[{"m":1},{"m":2}]}""")]
    [InlineData("""{"v": {"@json": {"mode": "encode", "value": {"@path": "$.properties.list"}}}}""", """{"v":"[{\"n\":1},{\"n\":2}]"}""")]
    public void Map_Directive_GivesTheField(string mapping, string expected)
    {
        using var @event = JsonDocument.Parse(
            """{"type": "track", "properties": {"id": 12345678901234567890, "price": 1.50, "x.y": 5, "list": [{"n": 1}, {"n": 2}], "braces": "{{type}}"}}""");
        Assert.Equal(expected, Parse(mapping).Map(@event.RootElement).ToJson());
    }

    [Fact]
    public void Parse_InvalidMapping_NamesEveryFaultWithItsPath()
    {
        var exception = Assert.Throws<MappingException>(() => Parse("""
            {
              "a": {"@path": 5},
              "b": {"@path": "$.x", "other": 1},
              "c": [{"@nope": 1}],
              "d": {"@case": {"operator": "title", "value": "x"}},
              "e": {"@replace": {"value": "x", "global": "yes"}},
              "f": {"@if": {"then": 1}},
              "g": {"@merge": {"direction": "right", "objects": [1]}}
            }
            """));

        Assert.Equal(
            [
                "/a/@path must be a string or a directive, not a number",
                "/b has 2 keys; an object with a directive has only that one, and _metadata",
                $"/c/0/@nope is not a directive; the directives are {Directives}",
                "/d/@case/operator must be \"lower\" or \"upper\"",
                "/e/@replace/pattern is missing",
                "/e/@replace/global must be true or false, not a string",
                "/f/@if must have 'exists' or 'blank'",
                "/g/@merge/objects/0 must be an object or a directive, not a number",
            ],
            exception.Faults);
    }

    // A sender that cuts a string in the middle of an emoji leaves an unpaired surrogate, which no .NET string can be read from.
    [Theory]
    [InlineData("""{"a":"\ud83d"}""")]
    [InlineData("""[{"\uD83D":1}]""")]
    public void Map_JsonInAStringWithAnUnpairedSurrogate_StaysAString(string json)
    {
        var @event = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["s"] = json });
        var mapped = Parse("""{"v": {"@json": {"mode": "decode", "value": {"@path": "$.s"}}}}""").Map(@event).Member("v");
        Assert.Equal(json, mapped.Text);
    }

    [Fact]
    public void Parse_NoObject_IsRefused() => Assert.Equal(["/ must be an object, not an array"], Assert.Throws<MappingException>(() => Parse("[]")).Faults);

    // ECMA-262, Number::toString; the values are those that a JavaScript engine prints.
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1.5, "1.5")]
    [InlineData(-20, "-20")]
    [InlineData(100, "100")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(0.0000001, "1e-7")]
    [InlineData(1.25e-9, "1.25e-9")]
    [InlineData(123456789012345680000d, "123456789012345680000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    public void Template_Number_IsWrittenAsInJavaScript(double number, string expected)
    {
        using var @event = JsonDocument.Parse($$"""{"n": {{number.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}}}""");
        Assert.Equal(expected, Parse("""{"v": {"@template": "{{n}}"}}""").Map(@event.RootElement).Member("v").Text);
    }

    private static EventMapping Parse(string mapping)
    {
        using var document = JsonDocument.Parse(mapping);
        return EventMapping.Parse(document.RootElement);
    }
}
