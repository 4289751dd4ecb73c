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

    [Fact]
    public void Map_ARuleOfOneEvent_FillsItsMembers() => Equal(
        """{"messageId":"e1","timestamp":"2020-09-13T12:26:40Z","context":{"integration":{"name":"vendor"}},"type":"identify","userId":"7","traits":{"email":"a@b.c","name":"Ada"}}""",
        Mappings.Read(Vendor).One("""{"id":"e1","created":1600000000,"kind":"updated","person":{"id":7,"email":"A@B.C","first":"Ada","last":null}}"""));

    [Fact]
    public void Map_ARuleOfTwoEvents_GivesEachAMessageIdOfItsOwn()
    {
        var events = Mappings.Read(Vendor).All("""{"id":"e1","kind":"sold","sold_at":"2024-01-01T00:00:00+01:00","person":{"id":7},"lines":[{"sku":"a"},{"sku":null}]}""");

        Assert.Equal(["e1", "e1-2"], events.Select(made => (string?)made["messageId"]));
        Equal(
            """{"messageId":"e1-2","timestamp":"2023-12-31T23:00:00Z","context":{"integration":{"name":"vendor"}},"type":"track","anonymousId":"vendor:7","event":"Order Completed","properties":{"products":[{"sku":"a","order":"e1"},{"order":"e1"}]}}""",
            events[1]);
    }

    [Fact]
    public void Map_AFreeFormMember_KeepsTheBytesOfWhatIsFound() =>
        Assert.Contains("""{"size" :1.50,"\u00e4":null}""", System.Text.Encoding.UTF8.GetString(Assert.Single(Mappings.Read(Vendor).Map(Mappings.Json("""{"kind":"joined","person":{"id":"u"},"team":"t","team_data":{"size" :1.50,"\u00e4":null}}""")).Events)));

    [Fact]
    public void Map_AnIgnoringRule_GivesNeitherEventsNorFaults()
    {
        var result = Mappings.Read(Vendor).Map(Mappings.Json("""{"kind":"internal.ping"}"""));

        Assert.Empty(result.Events);
        Assert.Empty(result.Faults);
    }

    [Theory]
    [InlineData("""{"kind":"unheard of"}""", "", "none of the 4 rules takes it")]
    [InlineData("3", "", "none of the 4 rules takes it")]
    [InlineData("""{"kind":"created"}""", "$.person.id", "the rule at m.yaml:6 takes it, but userId ($.person.id) found nothing")]
    [InlineData("""{"kind":"created","person":{"id":{}}}""", "$.person.id", "the rule at m.yaml:6 takes it, but userId ($.person.id) is an object, where a text is needed")]
    [InlineData("""{"kind":"created","created":"soon","person":{"id":"u"}}""", "$.created", "the rule at m.yaml:6 takes it, but timestamp ($.created) is no time: neither ISO 8601 nor seconds or milliseconds since 1970")]
    [InlineData("""{"kind":"joined","person":{"id":"u"}}""", "$.team", "the rule at m.yaml:20 takes it, but groupId ($.team) found nothing")]
    [InlineData("""{"kind":"sold"}""", "vendor:{$.person.id}", "the rule at m.yaml:11 takes it, but anonymousId (vendor:{$.person.id}) found nothing")]
    public void Map_WhatCannotBePlaced_IsAFaultWithRuleAndPath(string body, string path, string message)
    {
        var result = Mappings.Read(Vendor).Map(Mappings.Json(body));

        Assert.Empty(result.Events);
        Assert.Equal(new MappingFault(path, message), Assert.Single(result.Faults));
    }

    [Fact]
    public void Map_ForEach_PlacesEachItemByItself()
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
        var result = mapping.Map(Mappings.Json("""[{"id":1,"event":"open","email":"a"},{"event":"deferred"},{"event":"open"},{"id":1,"event":"click","email":"b"}]"""));

        Assert.Equal(["1", "1-2"], result.Events.Select(made => (string?)JsonNode.Parse(made)!["messageId"]));
        Assert.Equal("$item.email", Assert.Single(result.Faults).Path);
        Assert.Equal("each ($) finds no list", Assert.Single(mapping.Map(Mappings.Json("{}")).Faults).Message);
    }

    [Fact]
    public void Map_ASmallPayloadThatAsksForALargeAnswer_IsRefused()
    {
        var mapping = Mappings.Read("each: $.items\nrules: [{events: [{type: track, userId: u, event: e, properties: $}]}]");
        var body = $$"""{"items":[{{string.Join(',', Enumerable.Repeat("0", 200_000))}}]}""";

        var result = mapping.Map(Mappings.Json(body));

        Assert.Empty(result.Events);
        Assert.Contains("more than 16777216 bytes", Assert.Single(result.Faults).Message);
    }

    [Fact]
    public void Map_HeadersAndQuery_AreReadByTheirRoots()
    {
        var mapping = Mappings.Read("rules:\n- when:\n    $headers['x-topic']: sold\n  events: [{type: track, userId: $query.user, event: \"{$headers['x-topic']}\"}]");

        var result = mapping.Map(new Payload(Mappings.Json("{}"), Mappings.Json("""{"x-topic":"sold"}"""), Mappings.Json("""{"user":"u"}""")));

        Equal("""{"type":"track","userId":"u","event":"sold"}""", JsonNode.Parse(Assert.Single(result.Events))!.AsObject());
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
    public void Map_ACondition_HoldsOrNot(string when, string body, bool holds) =>
        Assert.Equal(holds, Mappings.Read($"rules: [{{when: {when}, ignore: true}}]").Map(Mappings.Json(body)).Faults.Count == 0);

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
    public void Map_AValue_IsMadeAsWritten(string template, string a, string expected) => Assert.Equal($$"""{"v":{{expected}}}""", Mappings.Properties($"v: {template}").Made($$"""{"a":{{a}}}"""));

    [Theory]
    [InlineData("$.b")]
    [InlineData("$.a")]
    [InlineData("'{$.a} {$.b}'")]
    [InlineData("$.a | trim")]
    [InlineData("{$each: $.a, x: 1}")]
    public void Map_AValueThatComesToNothing_IsLeftOut(string template) => Assert.Equal("{}", Mappings.Properties($"v: {template}").Made("""{"a":""}"""));

    [Fact]
    public void Map_HalfASurrogatePair_ReadsAsNothing() => Assert.Equal(
        """{"t":"!ok","o":"\ud800"}""",
        System.Text.Encoding.UTF8.GetString(Mappings.Properties("t: '{$.b}ok'\nn: '{$.a}ok'\no: $.a").Map(Mappings.Json("""{"\udc00":1,"a":"\ud800","b":"!"}""")).Events[0]).Split("\"properties\":")[1][..^1]);

    private static void Equal(string expected, JsonObject actual) => Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual.ToJsonString());
}
