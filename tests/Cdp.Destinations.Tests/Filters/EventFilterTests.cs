using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cdp.Destinations.Filters;
using CsCheck;
using Xunit;

namespace Cdp.Destinations.Tests.Filters;

/// <summary>Filters: the result of each action, the event that each condition sees, and which filters are refused.</summary>
public sealed class EventFilterTests
{
    private const string Event = """
        {"type":"track","event":"Order","messageId":"m1","traits":{"email":" Ada@Example.com ","phones":["+431",2,null,""],"x.y":1},
        "properties":{"total":1.50,"id":12345678901234567890,"ok":true,"none":null,"items":[{"sku":"a","n":1},{"sku":"b"},3]}}
        """;

    private static readonly string Ada = Hash("ada@example.com");

    [Theory]
    [InlineData("""{"drop_properties": {"traits": ["email", "other"]}}""", "/traits", """{"phones":["+431",2,null,""],"x.y":1}""")]
    [InlineData("""{"drop_properties": {"traits['x.y']": ["a"], "properties.items": ["n"]}}""", "/properties/items", """[{"sku":"a"},{"sku":"b"},3]""")]
    [InlineData("""{"drop_properties": {"properties.items.0": ["n"]}}""", "/properties/items", """[{"sku":"a"},{"sku":"b"},3]""")]
    [InlineData("""{"drop_properties": {"missing.object": ["n"]}}""", "/event", "\"Order\"")]
    [InlineData("""{"allow_properties": {"": ["event"]}}""", "", """{"event":"Order"}""")]
    [InlineData("""{"allow_properties": {"properties.items": ["n"]}}""", "/properties/items", """[{"n":1},{},3]""")]
    [InlineData("""{"map_properties": {"properties.total": {"to_string": true}}}""", "/properties/total", "\"1.5\"")]
    [InlineData("""{"map_properties": {"properties.id": {"to_string": true}}}""", "/properties/id", "\"12345678901234567890\"")]
    [InlineData("""{"map_properties": {"properties.items": {"to_string": true}}}""", "/properties/items", """[{"sku":"a","n":1},{"sku":"b"},3]""")]
    [InlineData("""{"map_properties": {"a.b": {"set": 1}}}""", "/event", "\"Order\"")]
    [InlineData("""{"map_properties": {"properties.none.b": {"set": 1}}}""", "/properties/none", """{"b":1}""")]
    [InlineData("""{"map_properties": {"name": {"copy": "event", "to_string": true}}}""", "/name", "\"Order\"")]
    [InlineData("""{"map_properties": {"n": {"move": "properties.none"}}}""", "/n", "null")]
    [InlineData("""{"map_properties": {"event": {"copy": "type"}, "type": {"copy": "event"}}}""", "/type", "\"Order\"")]
    public void Apply_Action_ChangesThatPartOfTheEvent(string step, string pointer, string expected) =>
        Assert.Equal(expected, At(Passed($"[{step}]", Event), pointer).GetRawText());

    [Fact]
    public void Apply_MapPropertiesWithMove_RemovesAlsoFalsyValues()
    {
        var passed = Passed("""[{"map_properties": {"properties.a": {"move": "properties.none"}, "properties.b": {"move": "properties.ok"}}}]""", Event);
        Assert.Equal(
            """{"total":1.50,"id":12345678901234567890,"items":[{"sku":"a","n":1},{"sku":"b"},3],"a":null,"b":true}""",
            passed.GetProperty("properties").GetRawText());
    }

    [Fact]
    public void Apply_HashProperties_HashesEachStringAndNumberOnce()
    {
        const string Steps = """[{"hash_properties": {"traits": ["email", "phones"]}}, {"hash_properties": {"traits": ["email"]}}]""";
        var traits = Passed(Steps, Event).GetProperty("traits");
        Assert.Equal($$"""{"email":"{{Ada}}","phones":["{{Hash("+431")}}","{{Hash("2")}}",null,""],"x.y":1}""", traits.GetRawText());
    }

    [Theory]
    [InlineData("event = 'Order'", true)]
    [InlineData("event = 'Page'", false)]
    [InlineData("properties.missing = 'x'", false)]
    public void Apply_StepWithCondition_AppliesToMatchingEvents(string condition, bool dropped)
    {
        var result = Filter($$"""[{"name": "no orders", "if": "{{condition}}", "drop": true}]""").Apply(Element(Event));
        Assert.Equal(dropped ? new FilterResult.Dropped("no orders") : null, result as FilterResult.Dropped);
    }

    [Fact]
    public void Apply_StepWithoutName_IsNamedAfterItsPlaceAndAction() => Assert.Equal(
        new FilterResult.Dropped("step 2 (drop)"),
        Filter("""[{"if": "type = 'page'", "drop": true}, {"drop": true}]""").Apply(Element(Event)));

    [Fact]
    public void Apply_ConditionOfALaterStep_SeesWhatEarlierStepsChanged() => Assert.Equal(
        new FilterResult.Dropped("renamed"),
        Filter("""[{"map_properties": {"event": {"set": "B"}}}, {"name": "renamed", "if": "event = 'B'", "drop": true}]""").Apply(Element(Event)));

    // The step may remove personal data, so sending the event unchanged would be worse than dropping it.
    [Fact]
    public void Apply_ConditionThatIsNotDefinedForTheValues_DropsTheEvent() => Assert.Equal(
        new FilterResult.Dropped("mask: the condition cannot be evaluated for the values of this event"),
        Filter("""[{"name": "mask", "if": "length(properties.total) > 1", "drop_properties": {"traits": ["email"]}}]""").Apply(Element(Event)));

    [Fact]
    public void Apply_NothingToChange_PassesTheEventAsItWasWritten()
    {
        var @event = Element(Event);
        Assert.Equal(@event.GetRawText(), Passed("[]", Event).GetRawText());
        Assert.Equal(@event.GetRawText(), Passed("""[{"if": "type = 'page'", "drop": true}, {"sample": {"percent": 1}}]""", Event).GetRawText());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"I like cheese.\"")]
    [InlineData("null")]
    [InlineData("""{"traits":[1,null,"x"],"traits":{"a":1},"a":{"b":5}}""")]
    [InlineData("""{"traits":{"a":1e999},"a":1e999}""")]
    public void Apply_AnyJson_NeverThrows(string @event)
    {
        var filter = Filter("""
            [{"hash_properties": {"traits": ["a"], "": ["traits"]}}, {"drop_properties": {"": ["x"], "a.b": ["c"]}}, {"allow_properties": {"a": []}},
            {"map_properties": {"a.b.c": {"set": 1}, "traits.0": {"copy": "a"}, "x": {"move": "a", "to_string": true}}},
            {"sample": {"percent": 0.999999, "path": "a"}}, {"if": "a = 'x'", "drop": true}]
            """);
        Assert.NotNull(filter.Apply(Element(@event)));
    }

    [Fact]
    public void Apply_SampleWithoutPath_DecidesByMessageId()
    {
        var filter = Filter("""[{"sample": {"percent": 0.3}}]""");
        Gen.String.Sample(id =>
        {
            var (first, second) = (Message(id, "a"), Message(id, "b"));
            Assert.Equal(filter.Apply(first) is FilterResult.Passed, filter.Apply(second) is FilterResult.Passed);
        });
        var kept = Enumerable.Range(0, 10_000).Count(i => filter.Apply(Message($"m{i}", "a")) is FilterResult.Passed);
        Assert.InRange(kept, 2_850, 3_150);
    }

    // The first 64 bits of the MD5 of the value's JSON, computed with Node.js as a fraction of 2^64.
    [Theory]
    [InlineData("\"u-1\"", 0.06619907684824121)]
    [InlineData("\"ä€\\u2028😀\"", 0.3577875963482618)]
    [InlineData("""1.50""", 0.37512805742859806)]
    [InlineData("\"a\\\"b\\\\c\\n\\u0001/<\"", 0.0021333914337462526)]
    [InlineData("""{"b": [1, true, null, "x"], "a": {}}""", 0.972833340902444)]
    [InlineData("""12345678901234567890""", 0.8933939736751185)]
    [InlineData("""false""", 0.4084974673063115)]
    public void Apply_SampleByAValue_DecidesByTheDigestOfItsJson(string value, double position)
    {
        var @event = Element($$"""{"messageId":"m","value":{{value}}}""");
        Assert.IsType<FilterResult.Passed>(By(position + 1e-12).Apply(@event));
        Assert.IsType<FilterResult.Dropped>(By(position - 1e-12).Apply(@event));

        static EventFilter By(double fraction) =>
            Filter(JsonSerializer.Serialize(new[] { new { sample = new { path = "value", percent = fraction } } }));
    }

    [Fact]
    public void Apply_SampleByAMissingValue_DecidesByMessageId()
    {
        var (by, without) = (Filter("""[{"sample": {"percent": 0.5, "path": "userId"}}]"""), Filter("""[{"sample": {"percent": 0.5}}]"""));
        for (var i = 0; i < 100; i++)
        {
            var @event = Message($"m{i}", "a");
            Assert.Equal(without.Apply(@event) is FilterResult.Passed, by.Apply(@event) is FilterResult.Passed);
        }
    }

    [Fact]
    public void Parse_InvalidFilter_NamesEveryFaultWithItsPath()
    {
        List<string> errors = [];
        Assert.Null(EventFilter.Parse(Element("""
            [
              {"if": "type == ", "drop": true},
              {"drop": false},
              {"name": "", "sample": {"percent": 50, "path": 1, "rate": 1}},
              {"drop_properties": {"context": "ip"}, "allow_properties": {"": [1]}},
              {"map_properties": {"": {"set": 1}, "a": {}, "b": {"copy": "x", "set": 1}, "c": {"move": "c"}, "d": {"copy": "", "to_string": "yes"}, "e": 1}},
              {"hash_properties": ["email"]},
              {"name": "nothing"},
              {"if": "all", "erase": true},
              5
            ]
            """), errors));
        const string Names = "drop, sample, drop_properties, allow_properties, map_properties, hash_properties";
        Assert.Equal(
            [
                "/0/if line 1, column 9: expected a field, a value, a function or '(', found the end of the statement",
                "/1/drop must be true",
                "/2/name must be a string that is not empty",
                "/2/sample/rate is not known; write percent, path",
                "/2/sample/percent must be the fraction of the events to keep, a number from 0 to 1",
                "/3/drop_properties/context must be a list of names, such as [\"email\", \"phone\"]",
                "/3/allow_properties/ must be a list of names, such as [\"email\", \"phone\"]",
                $"/3 has 2 actions; a step has one of {Names}",
                "/4/map_properties/ must name a member of the event",
                "/4/map_properties/a must have one of copy, move and set, or only to_string",
                "/4/map_properties/b must have one of copy, move and set, or only to_string",
                "/4/map_properties/c/move must name another member than the one it is moved to",
                "/4/map_properties/d/to_string must be true or false",
                "/4/map_properties/d/copy must be a string that is not empty",
                "/4/map_properties/e must be an object with copy, move or set, and optionally to_string",
                "/5/hash_properties must be an object of paths and lists of names, such as {\"context\": [\"ip\"]}; the path \"\" is the event itself",
                $"/6 has 0 actions; a step has one of {Names}",
                $"/7/erase is not known; a step has name, if and one of {Names}",
                $"/7 has 0 actions; a step has one of {Names}",
                "/8 must be an object",
            ],
            errors);
    }

    [Fact]
    public void Parse_NoList_IsRefused()
    {
        List<string> errors = [];
        Assert.Null(EventFilter.Parse(Element("{}"), errors));
        Assert.Equal(["/ must be a list of at most 100 steps, such as [{\"if\": \"type = 'page'\", \"drop\": true}]"], errors);
    }

    [Fact]
    public void Parse_ConditionThatOthersReadDifferently_Warns() =>
        Assert.StartsWith("/0/if line 1, column 6: ", Assert.Single(Filter("""[{"if": "type == 'page'", "drop": true}]""").Warnings));

    private static JsonElement Passed(string steps, string @event) => Assert.IsType<FilterResult.Passed>(Filter(steps).Apply(Element(@event))).Event;

    private static EventFilter Filter(string steps)
    {
        List<string> errors = [];
        var filter = EventFilter.Parse(Element(steps), errors);
        Assert.Empty(errors);
        return filter!;
    }

    private static JsonElement Element(string json) => JsonElement.Parse(json);

    private static JsonElement Message(string id, string name) => JsonSerializer.SerializeToElement(new { messageId = id, @event = name });

    private static JsonElement At(JsonElement element, string pointer) => pointer.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(
        element,
        (part, name) => part.ValueKind == JsonValueKind.Array ? part[int.Parse(name, CultureInfo.InvariantCulture)] : part.GetProperty(name));

    private static string Hash(string value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}
