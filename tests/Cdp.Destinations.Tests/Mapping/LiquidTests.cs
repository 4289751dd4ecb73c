using System.Text.Json;
using Cdp.Destinations.Mapping;
using Xunit;

namespace Cdp.Destinations.Tests.Mapping;

/// <summary><c>@liquid</c>: the parts of an event that templates can use, and the limits on the cost of a template.</summary>
public sealed class LiquidTests
{
    private const string Event = """
        {"type":"track","receivedAt":"2026-03-01T12:00:00Z","properties":{"s":"a b","n":1.50,"id":12345678901234567890,"big":1e30,"ok":true,"none":null,
        "list":[1,"b",null],"o":{"a":{"b":"deep"}},"zero":0,"html":"<b>","emoji":"😀"}}
        """;

    [Theory]
    [InlineData("{{ properties.s | upcase }} {{ properties.missing }}{{ properties.none }}!", "A B !")]
    [InlineData("{{ properties.n }} {{ properties.id }} {{ properties.big }}", "1.5 12345678901234567890 1e+30")]
    [InlineData("{{ properties.n | times: 2 | round }}", "3")]
    [InlineData("{{ properties.list | join: '-' }} {{ properties.list[1] }} {{ properties.list.size }}", "1-b- b 3")]
    [InlineData("{{ properties.o.a.b }}{{ properties['o']['a'].b }}", "deepdeep")]
    [InlineData("{% if properties.ok and type == 'track' %}yes{% else %}no{% endif %}", "yes")]
    [InlineData("{% unless properties.none %}none{% endunless %}", "none")]
    [InlineData("{% assign x = properties.s | append: '!' %}{{ x }}", "a b!")]
    [InlineData("{{ properties.html }}", "<b>")]
    [InlineData("{{ 'now' | date: '%Y-%m-%dT%H' }}", "2026-03-01T12")]
    [InlineData("{{ properties.missing | default: 'x' }}", "x")]
    [InlineData("{{ properties.s | divided_by: properties.zero }}", null)]
    [InlineData("", "")]
    [InlineData("{{ properties.emoji | slice: 0 }}!", "\uFFFD!")]
    [InlineData("{{ properties.emoji }}", "😀")]
    public void Map_Template_IsRendered(string template, string? expected) => Assert.Equal(expected, Map(template, Event));

    [Theory]
    [InlineData("{{ properties.s | shuffle }}", "has a filter that is not available: shuffle")]
    [InlineData("{{ 'a' | map: 'b' | md5 }}", "has a filter that is not available: map, md5")]
    [InlineData("{% if type %}{{ type | sort }}{% endif %}", "has a filter that is not available: sort")]
    [InlineData("{% assign x = type | sort %}", "has a filter that is not available: sort")]
    [InlineData("{% for x in properties.list %}{{ x }}{% endfor %}", "is not a valid Liquid template: Unknown tag 'for' at (1:7)")]
    [InlineData("{% liquid for x in properties.list %}", "is not a valid Liquid template: ")]
    [InlineData("{{ properties.s", "is not a valid Liquid template: End of tag '}}' was expected at (1:16)")]
    public void Parse_TemplateThatIsNotAllowed_IsRefused(string template, string expected)
    {
        var exception = Assert.Throws<MappingException>(() => Parse(template));
        Assert.StartsWith($"/v/@liquid {expected}", Assert.Single(exception.Faults));
    }

    [Fact]
    public void Parse_LongTemplate_IsRefused()
    {
        Assert.NotNull(Parse(new string('x', 1000)));
        Assert.Equal(["/v/@liquid must have at most 1000 characters, not 1001"], Assert.Throws<MappingException>(() => Parse(new string('x', 1001))).Faults);
    }

    // Each step multiplies the length of the previous value, so without a limit the last one would need more memory than is available.
    [Theory]
    [InlineData("{% assign a = properties.s %}", "{% assign a = a | append: a %}", "{{ a }}")]
    [InlineData("{% assign a = properties.s %}", "{% capture a %}{{a}}{{a}}{{a}}{{a}}{% endcapture %}", "{{ a | upcase }}")]
    [InlineData("{% assign a = properties.s %}", "{% assign a = a | replace: 'a', a %}", "{{ a }}")]
    [InlineData("{% assign a = properties.s %}", "{% assign a = a | split: '' | join: a %}", "{{ a }}")]
    public void Map_TemplateThatMultipliesAValue_HasNoResult(string begin, string step, string end)
    {
        var template = begin + string.Concat(Enumerable.Repeat(step, (1000 - begin.Length - end.Length) / step.Length)) + end;
        var before = GC.GetTotalAllocatedBytes();
        Assert.Null(Map(template, Event.Replace("a b", new string('a', 1000), StringComparison.Ordinal)));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 500_000_000);
    }

    private static string? Map(string template, string @event)
    {
        var mapped = Parse(template).Map(JsonElement.Parse(@event)).Member("v");
        return mapped.IsMissing ? null : mapped.Text;
    }

    private static EventMapping Parse(string template) => EventMapping.Parse(JsonSerializer.SerializeToElement(
        new Dictionary<string, object> { ["v"] = new Dictionary<string, string> { ["@liquid"] = template } }));
}
