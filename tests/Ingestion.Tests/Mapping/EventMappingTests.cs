using System.Text.Json.Nodes;
using Cdp.Ingestion.Mapping;
using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

public sealed class EventMappingTests
{
    private const string Vendor = """
        every:
          messageId: $.id
          timestamp: $.created
          context: {integration: {name: vendor}}
        rules:
          - when: {$.kind: [created, updated]}
            events:
              - type: identify
                userId: $.person.id
                traits: {email: $.person.email | lower, name: "{$.person.first} {$.person.last ?? ''}"}
          - when: {$.kind: sold}
            events:
              - {type: identify, anonymousId: "vendor:{$.person.id}"}
              - type: track
                anonymousId: "vendor:{$.person.id}"
                event: Order Completed
                timestamp: $.sold_at ?? $.created
                properties:
                  products: {$each: $.lines, sku: $item.sku, order: $.id}
          - when: {$.kind: joined}
            events:
              - {type: group, userId: $.person.id, groupId: $.team, traits: $.team_data}
          - when: {$.kind: {prefix: internal.}}
            ignore: true
        """;

    [Theory]
    [InlineData("""{"a":1,"\ud800":2}""")]
    [InlineData("""{"\ud800":2,"a":1}""")]
    [InlineData("""{"a":2,"\u0061":1,"\udc00":2,"b":3}""")]
    public void Map_MemberNextToANameWithALoneSurrogate_IsFound(string payload) =>
        Assert.Equal("""{"v":1}""", Mappings.ReadProperties("v: $.a").MapToProperties(payload));

    [Theory]
    [InlineData("Track")]
    [InlineData("TRACK")]
    public void Map_TypeInAnyCase_IsLowered(string type) =>
        Assert.Equal("track", (string?)Mappings.Read("rules: [{events: [{type: $.type, userId: u, event: E}]}]").MapToOne($$"""{"type":"{{type}}"}""")["type"]);

    [Fact]
    public void Map_RuleWithOneEvent_FillsItsMembers() => AssertSameJson(
        """{"messageId":"e1","timestamp":"2020-09-13T12:26:40Z","context":{"integration":{"name":"vendor"}},"type":"identify","userId":"7","traits":"""
        + """{"email":"a@b.c","name":"Ada"}}""",
        Mappings.Read(Vendor).MapToOne("""{"id":"e1","created":1600000000,"kind":"updated","person":{"id":7,"email":"A@B.C","first":"Ada","last":null}}"""));

    [Fact]
    public void Map_RuleWithTwoEvents_GivesEachItsOwnMessageId()
    {
        var events = Mappings.Read(Vendor).MapToAll(
            """{"id":"e1","kind":"sold","sold_at":"2024-01-01T00:00:00+01:00","person":{"id":7},"lines":[{"sku":"a"},{"sku":null}]}""");

        Assert.Equal(["e1", "e1-2"], events.Select(made => (string?)made["messageId"]));
        AssertSameJson(
            """{"messageId":"e1-2","timestamp":"2023-12-31T23:00:00Z","context":{"integration":{"name":"vendor"}},"""
            + """ "type":"track","anonymousId":"vendor:7","event":"Order Completed","properties":{"products":[{"sku":"a","order":"e1"},{"order":"e1"}]}}""",
            events[1]);
    }

    [Fact]
    public void Map_FreeFormMember_KeepsTheBytesOfThePayload() =>
        Assert.Contains(
            """{"size" :1.50,"\u00e4":null}""",
            System.Text.Encoding.UTF8.GetString(
                Assert.Single(
                    Mappings.Read(Vendor)
                        .Map(Mappings.ParseJson("""{"kind":"joined","person":{"id":"u"},"team":"t","team_data":{"size" :1.50,"\u00e4":null}}""")).Events)));

    [Fact]
    public void Map_IgnoringRule_ReturnsNeitherEventsNorFaults()
    {
        var result = Mappings.Read(Vendor).Map(Mappings.ParseJson("""{"kind":"internal.ping"}"""));

        Assert.Empty(result.Events);
        Assert.Empty(result.Faults);
    }

    [Theory]
    [InlineData("""{"kind":"unheard of"}""", "", "none of the 4 rules applies")]
    [InlineData("3", "", "none of the 4 rules applies")]
    [InlineData("""{"kind":"created"}""", "$.person.id", "the rule at m.yaml:6 applies, but userId ($.person.id) found no value")]
    [InlineData(
        """{"kind":"created","person":{"id":{}}}""", "$.person.id",
        "the rule at m.yaml:6 applies, but userId ($.person.id) is an object but must be a text")]
    [InlineData(
        """{"kind":"created","created":"soon","person":{"id":"u"}}""", "$.created",
        "the rule at m.yaml:6 applies, but timestamp ($.created) is not a time: neither ISO 8601 nor seconds or milliseconds since 1970")]
    [InlineData("""{"kind":"joined","person":{"id":"u"}}""", "$.team", "the rule at m.yaml:20 applies, but groupId ($.team) found no value")]
    [InlineData("""{"kind":"sold"}""", "vendor:{$.person.id}", "the rule at m.yaml:11 applies, but anonymousId (vendor:{$.person.id}) found no value")]
    public void Map_PayloadThatCannotBeMapped_ReturnsAFaultWithRuleAndPath(string body, string path, string message)
    {
        var result = Mappings.Read(Vendor).Map(Mappings.ParseJson(body));

        Assert.Empty(result.Events);
        Assert.Equal(new MappingFault(path, message), Assert.Single(result.Faults));
    }

    [Fact]
    public void Map_Each_MapsEveryItemSeparately()
    {
        var mapping = Mappings.Read("""
            each: $
            every: {messageId: $item.id}
            rules:
              - when: {$item.event: [open, click]}
                events: [{type: track, anonymousId: $item.email, event: "Email {$item.event}"}]
              - when: {$item.event: deferred}
                ignore: true
            """);
        var result = mapping.Map(
            Mappings.ParseJson("""[{"id":1,"event":"open","email":"a"},{"event":"deferred"},{"event":"open"},{"id":1,"event":"click","email":"b"}]"""));

        Assert.Equal(["1", "1-2"], result.Events.Select(made => (string?)JsonNode.Parse(made)!["messageId"]));
        Assert.Equal("$item.email", Assert.Single(result.Faults).Path);
        Assert.Equal("each ($) does not find a list", Assert.Single(mapping.Map(Mappings.ParseJson("{}")).Faults).Message);
    }

    [Fact]
    public void Map_SmallPayloadWithAHugeResult_IsRefused()
    {
        var mapping = Mappings.Read("each: $.items\nrules: [{events: [{type: track, userId: u, event: e, properties: $}]}]");
        var body = $$"""{"items":[{{string.Join(',', Enumerable.Repeat("0", 200_000))}}]}""";

        var result = mapping.Map(Mappings.ParseJson(body));

        Assert.Empty(result.Events);
        Assert.Contains("more than 16777216 bytes", Assert.Single(result.Faults).Message);
    }

    [Fact]
    public void Map_HeadersAndQuery_AreReadThroughTheirRoots()
    {
        var mapping = Mappings.Read(
            "rules:\n- when:\n    $headers['x-topic']: sold\n  events: [{type: track, userId: $query.user, event: \"{$headers['x-topic']}\"}]");

        var result = mapping.Map(new Payload(Mappings.ParseJson("{}"), Mappings.ParseJson("""{"x-topic":"sold"}"""), Mappings.ParseJson("""{"user":"u"}""")));

        AssertSameJson("""{"type":"track","userId":"u","event":"sold"}""", JsonNode.Parse(Assert.Single(result.Events))!.AsObject());
    }

    [Theory]
    [InlineData("{$.a: x}", """{"a":"x"}""", true)]
    [InlineData("{$.a: x}", """{"a":["x"]}""", false)]
    [InlineData("{$.a: 5}", """{"a":5}""", true)]
    [InlineData("{$.a: 5}", """{"a":"5"}""", true)]
    [InlineData("{$.a: true}", """{"a":true}""", true)]
    [InlineData("{$.a: null}", """{}""", true)]
    [InlineData("{$.a: null}", """{"a":0}""", false)]
    [InlineData("{$.a: [null, x]}", """{"a":""}""", true)]
    [InlineData("{$.a: {exists: true}}", """{"a":false}""", true)]
    [InlineData("{$.a: {exists: true}}", """{"a":""}""", false)]
    [InlineData("{$.a: {exists: false}}", """{"a":{}}""", false)]
    [InlineData("{$.a: {prefix: x.}}", """{"a":"x.y"}""", true)]
    [InlineData("{$.a: {prefix: x, matches: 'z$'}}", """{"a":"xyz"}""", true)]
    [InlineData("{$.a: {prefix: x, matches: 'z$'}}", """{"a":"xy"}""", false)]
    [InlineData("{$.a: x, $.b: y}", """{"a":"x","b":"z"}""", false)]
    [InlineData("{any: [{$.a: x}, {$.b: y}]}", """{"a":"x","b":"z"}""", true)]
    [InlineData("{all: [{$.a: x}, {$.b: y}]}", """{"a":"x","b":"z"}""", false)]
    [InlineData("{not: {$.a: x}}", """{"a":"y"}""", true)]
    [InlineData("{'$.a | lower': x}", """{"a":"X"}""", true)]
    [InlineData("{'$.a[*].b': x}", """{"a":[{"b":"y"},{"b":"x"}]}""", true)]
    [InlineData("{'$.a[*].b': x}", """{"a":[{"b":"y"}]}""", false)]
    public void Map_Condition_SelectsTheRule(string when, string body, bool holds) =>
        Assert.Equal(holds, Mappings.Read($"rules: [{{when: {when}, ignore: true}}]").Map(Mappings.ParseJson(body)).Faults.Count == 0);

    [Theory]
    [InlineData("$.a | text", "5.0", "\"5.0\"")]
    [InlineData("$.a | number", "\"199.00\"", "199.00")]
    [InlineData("$.a | number", "\"n/a\"", "\"n/a\"")]
    [InlineData("$.a | boolean", "\"Yes\"", "true")]
    [InlineData("$.a | boolean", "\"maybe\"", "\"maybe\"")]
    [InlineData("$.a | time", "1600000000", "\"2020-09-13T12:26:40Z\"")]
    [InlineData("$.a | time", "1600000000.5", "\"2020-09-13T12:26:40.5Z\"")]
    [InlineData("$.a | time", "\"1600000000123\"", "\"2020-09-13T12:26:40.123Z\"")]
    [InlineData("$.a | time", "\"2021-12-31T19:00:00-05:00\"", "\"2022-01-01T00:00:00Z\"")]
    [InlineData("$.a | time", "1e300", "1e300")]
    [InlineData("$.a | time", "-99999999999", "-99999999999")]
    [InlineData("$.a | upper", "\"ä\"", "\"Ä\"")]
    [InlineData("$.a | trim | lower", "\" X \"", "\"x\"")]
    [InlineData("$.a | split(',')", "\"a, b,,  c\"", "[\"a\",\"b\",\"c\"]")]
    [InlineData("$.a | join(' and ')", "[\"a\",{},1]", "\"a and 1\"")]
    [InlineData("$.a | count", "[1,2]", "2")]
    [InlineData("$.a | after('/')", "\"gid://shop/Customer/7\"", "\"7\"")]
    [InlineData("$.a | json", "\"{\\\"b\\\":1}\"", "{\"b\":1}")]
    [InlineData("$.a | json", "\"{\"", "\"{\"")]
    [InlineData("$.b ?? $.a | upper ?? 'none'", "\"x\"", "\"X\"")]
    [InlineData("$.b ?? $.c ?? 'none'", "\"x\"", "\"none\"")]
    [InlineData("$$.a", "1", "\"$.a\"")]
    [InlineData("'{$.a}-{$.b ?? ''q''}!'", "1", "\"1-q!\"")]
    [InlineData("5", "1", "5")]
    [InlineData("'5'", "1", "\"5\"")]
    [InlineData("null", "1", "null")]
    [InlineData("[$.a, $.b, x]", "1", "[1,\"x\"]")]
    public void Map_ValueTemplate_ProducesTheValue(string template, string a, string expected) =>
        Assert.Equal($$"""{"v":{{expected}}}""", Mappings.ReadProperties($"v: {template}").MapToProperties($$"""{"a":{{a}}}"""));

    [Theory]
    [InlineData("$.b")]
    [InlineData("$.a")]
    [InlineData("'{$.a} {$.b}'")]
    [InlineData("$.a | trim")]
    [InlineData("{$each: $.a, x: 1}")]
    public void Map_ValueWithoutResult_IsOmitted(string template) =>
        Assert.Equal("{}", Mappings.ReadProperties($"v: {template}").MapToProperties("""{"a":""}"""));

    [Fact]
    public void Map_LoneSurrogate_ReadsAsNothing() => Assert.Equal(
        """{"t":"!ok","o":"\ud800"}""",
        System.Text.Encoding.UTF8.GetString(
            Mappings.ReadProperties("t: '{$.b}ok'\nn: '{$.a}ok'\no: $.a")
                .Map(Mappings.ParseJson("""{"\udc00":1,"a":"\ud800","b":"!"}""")).Events[0]).Split("\"properties\":")[1][..^1]);

    private static void AssertSameJson(string expected, JsonObject actual) => Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual.ToJsonString());
}
