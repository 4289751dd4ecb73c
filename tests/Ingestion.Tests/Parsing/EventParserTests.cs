using System.Text;
using Cdp.Ingestion.Parsing;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.Reading;

namespace Cdp.Ingestion.Tests.Parsing;

public sealed class EventParserTests
{
    [Fact]
    public void Parse_FreeFormMembers_AreTheSendersOwnText()
    {
        var e = One("""{ "userId":"u", "event":"E", "properties": { "a" : 1.50, "b":[ ], "ü":"\u00fc" }, "traits":{"n":1e2}, "integrations":{ "All":true }, "context":{ "ip" : "::1" } }""", ip: "10.0.0.1");

        Assert.Equal("""{ "a" : 1.50, "b":[ ], "ü":"\u00fc" }""", e.properties);
        Assert.Equal("""{"n":1e2}""", e.traits);
        Assert.Equal("""{ "All":true }""", e.integrations);
        Assert.Equal("""{ "ip" : "::1" }""", e.context);
        Assert.Null(e.extra);
    }

    [Fact]
    public void Parse_EnvelopeMembers_AreTyped()
    {
        var e = One("""{"messageId":"m","userId":"u","anonymousId":"a","event":"E","name":"N","category":"C","groupId":"g","previousId":"p","channel":"web"}""");

        Assert.Equal(("m", "u", "a", "E", "N", "C", "g", "p", "web"), (e.messageId, e.userId, e.anonymousId, e.@event, e.name, e.category, e.groupId, e.previousId, e.channel));
        Assert.Equal(("track", "src", ReceivedAt), (e.type, e.sourceId, e.receivedAt));
    }

    [Theory]
    [InlineData("""{"userId":"u","_metadata":{"n":1},"x" : null}""", """{"_metadata":{"n":1},"x" : null}""")]
    [InlineData("""{"userId":"u","properties":[]}""", """{"properties":[]}""")]
    [InlineData("""{"userId":"u","event":{"a":1}}""", """{"event":{"a":1}}""")]
    [InlineData("""{"userId":"u","timestamp":"yesterday"}""", """{"timestamp":"yesterday"}""")]
    [InlineData("""{"userId":"u","type":"identify"}""", """{"type":"identify"}""")]
    [InlineData("""{"userId":"u","type":"track"}""", null)]
    [InlineData("""{"userId":"u","properties":null,"timestamp":null}""", null)]
    [InlineData("""{"userId":"u","x":1,"x":2}""", """{"x":1,"x":2}""")]
    [InlineData("""{"userId":"u","originalTimestamp":"2024-01-01T00:00:00Z","timestamp":"2024-01-02T00:00:00Z"}""", """{"timestamp":"2024-01-02T00:00:00Z"}""")]
    [InlineData("""{"userId":"u","writeKey":"secret"}""", null)]
    public void Parse_WhatTheContractDoesNotName_IsKeptInExtra(string json, string? extra) => Assert.Equal(extra, One(json).extra);

    [Theory]
    [InlineData("""{"userId":"a","userId":"b"}""", "b")]
    [InlineData("""{"userId":12345678901234567890}""", "12345678901234567890")]
    [InlineData("""{"userId":1.0}""", "1.0")]
    [InlineData("""{"\u0075serId":"escaped"}""", "escaped")]
    [InlineData("""{"userId":"\ud83d\ude00"}""", "😀")]
    [InlineData("""{"userId":"  ","anonymousId":"a"}""", null)]
    [InlineData("""{"userId":"u","userId":null,"anonymousId":"a"}""", null)]
    public void Parse_Ids_AreText(string json, string? userId) => Assert.Equal(userId, One(json).userId);

    [Theory]
    [InlineData("", "empty_body")]
    [InlineData(" ", "invalid_json")]
    [InlineData("{", "invalid_json")]
    [InlineData("""{"userId":"u"} x""", "invalid_json")]
    [InlineData("""{"userId":"u",}""", "invalid_json")]
    [InlineData("[]", "not_an_event")]
    [InlineData("null", "not_an_event")]
    [InlineData("{}", "no_identifier")]
    [InlineData("""{"userId":""}""", "no_identifier")]
    [InlineData("""{"userId":{"a":1}}""", "no_identifier")]
    [InlineData("""{"userId":"a\u0000b"}""", "unusable_text")]
    [InlineData("""{"userId":"u","event":"\ud83d"}""", "unusable_text")]
    public void Parse_BadEvent_IsRejectedWithItsCode(string json, string code) => Assert.Equal(code, Refusal(json)?.Code);

    [Fact]
    public void Parse_BytesThatAreNotUtf8_AreRejected()
    {
        var body = Encoding.UTF8.GetBytes("""{"userId":"u","properties":{"a":"?"}}""");
        body[Array.IndexOf(body, (byte)'?')] = 0xFF;

        Assert.Equal(Rejection.InvalidUtf8, Read(body, "track").Events[0].Rejected);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void Parse_Nesting_IsBounded(int arrays, bool accepted) =>
        Assert.Equal(accepted, Refusal($$"""{"userId":"u","properties":{{new string('[', arrays)}}1{{new string(']', arrays)}}}""") is null);

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Parse_MessageId_IsBounded(int length, bool accepted) => Assert.Equal(accepted, Refusal($$"""{"userId":"u","messageId":"{{new string('m', length)}}"}""") is null);

    [Theory]
    [InlineData(32 * 1024, true)]
    [InlineData((32 * 1024) + 1, false)]
    public void Parse_Size_IsBounded(int size, bool accepted)
    {
        var json = $$$"""{"userId":"u","properties":{"a":""}}""";
        json = json.Replace("\"\"", $"\"{new string('x', size - json.Length)}\"", StringComparison.Ordinal);

        Assert.Equal(accepted ? null : 413, Refusal(json)?.Status);
    }

    [Theory]
    [InlineData("""{"userId":"u"}""", """{"ip":"10.0.0.1"}""")]
    [InlineData("""{"userId":"u","context":{ }}""", """{"ip":"10.0.0.1" }""")]
    [InlineData("""{"userId":"u","context":{"a":{"ip":1}}}""", """{"ip":"10.0.0.1","a":{"ip":1}}""")]
    [InlineData("""{"userId":"u","context":{"ip":null}}""", """{"ip":null}""")]
    [InlineData("""{"userId":"u","context":{"ip":"1"},"context":{"b":1}}""", """{"ip":"10.0.0.1","b":1}""")]
    public void Parse_ContextIp_IsFilledInWhereMissing(string json, string context) => Assert.Equal(context, One(json, ip: "10.0.0.1").context);

    [Fact]
    public void Parse_MissingMessageId_IsTheSameForTheSameBytesOnly()
    {
        var first = One("""{"userId":"u","event":"E"}""").messageId;

        Assert.Equal(first, One("""{"userId":"u","event":"E"}""").messageId);
        Assert.NotEqual(first, One("""{"userId":"u","event":"F"}""").messageId);
        var (_, twice) = Batch("""{"batch":[{"type":"track","userId":"u"},{"type":"track","userId":"u"}]}""");
        Assert.NotEqual(twice[0].Accepted!.envelope.messageId, twice[1].Accepted!.envelope.messageId);
    }

    [Theory]
    [InlineData("2026-11-23T11:00:00Z", 11)]
    [InlineData("2026-11-23T11:00:00.123456789Z", 11)]
    [InlineData("2026-11-23T11:00:00+02:00", 9)]
    [InlineData("2026-11-23T11:00:00+0200", 9)]
    [InlineData("2026-11-23T11:00:00", 11)]
    [InlineData("2026-11-23 11:00:00", 11)]
    [InlineData("2026-11-23", 0)]
    public void Parse_Timestamps_AreUtc(string text, int hour)
    {
        var original = One($$"""{"userId":"u","timestamp":"{{text}}"}""").originalTimestamp!.Value;

        Assert.Equal((DateTimeKind.Utc, 23, hour), (original.Kind, original.Day, original.Hour));
    }

    [Theory]
    [InlineData("""{"userId":"u","historical":true,"sentAt":"2026-11-23T13:00:00Z","timestamp":"2020-01-01T00:00:00Z"}""", "2020-01-01T00:00:00Z")]
    [InlineData("""{"userId":"u","historical":false,"sentAt":"2026-11-23T13:00:00Z","timestamp":"2020-01-01T00:00:00Z"}""", "2019-12-31T23:00:00Z")]
    public void Parse_MarkedHistorical_KeepsItsTimeAndTheMark(string json, string timestamp)
    {
        var e = One(json);

        Assert.Equal(DateTime.Parse(timestamp, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal), e.timestamp);
        Assert.StartsWith("{\"historical\":", e.extra, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"email","value":"d@e.f"}]}""", null)]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c","more":{"type":1}},{"value":"d@e.f","type":"email"}],"userId":"u"}""", null)]
    [InlineData("""{"userId":"u"}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":{}}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"email"}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"email","value":["x"]}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a"},{"type":"email","value":"b"},{"type":"email","value":"c"}]}""", "invalid_merge")]
    public void Parse_Merge_NeedsTwoIdentifiers(string json, string? code) => Assert.Equal(code, Refusal(json, "merge")?.Code);

    [Fact]
    public void Parse_BlankMessageId_IsDerived() => Assert.Equal(32, One("""{"userId":"u","messageId":" "}""").messageId.Length);

    [Theory]
    [InlineData("timestamp")]
    [InlineData("sentAt")]
    [InlineData("originalTimestamp")]
    public void Parse_TimeWithHalfASurrogatePair_IsNoTimeAndKept(string member) =>
        Assert.Null(Refusal($$$"""{"userId":"u","{{{member}}}":"2026-01-01T00:00:00\udE00Z"}"""));
}
