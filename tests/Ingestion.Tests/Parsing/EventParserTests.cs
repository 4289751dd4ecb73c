using System.Text;
using Cdp.Ingestion.Parsing;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.RequestParsing;

namespace Cdp.Ingestion.Tests.Parsing;

public sealed class EventParserTests
{
    [Fact]
    public void Parse_FreeFormMembers_KeepsTheSendersText()
    {
        var e = ParseEvent(
            """{ "userId":"u", "event":"E", "properties": { "a" : 1.50, "b":[ ], "ü":"\u00fc" }, "traits":{"n":1e2}, "integrations":{ "All":true """
            + """}, "context":{ "ip" : "::1" } }""",
            ip: "10.0.0.1");

        Assert.Equal("""{ "a" : 1.50, "b":[ ], "ü":"\u00fc" }""", e.properties);
        Assert.Equal("""{"n":1e2}""", e.traits);
        Assert.Equal("""{ "All":true }""", e.integrations);
        Assert.Equal("""{ "ip" : "::1" }""", e.context);
        Assert.Null(e.extra);
    }

    [Fact]
    public void Parse_EnvelopeMembers_FillsTheRecord()
    {
        var e = ParseEvent(
            """{"messageId":"m","userId":"u","anonymousId":"a","event":"E","name":"N","category":"C","groupId":"g","previousId":"p","channel":"web"}""");

        Assert.Equal(
            ("m", "u", "a", "E", "N", "C", "g", "p", "web"),
            (e.messageId, e.userId, e.anonymousId, e.@event, e.name, e.category, e.groupId, e.previousId, e.channel));
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
    public void Parse_UnknownOrMistypedMembers_AreKeptInExtra(string json, string? extra) => Assert.Equal(extra, ParseEvent(json).extra);

    [Theory]
    [InlineData("""{"userId":"a","userId":"b"}""", "b")]
    [InlineData("""{"userId":12345678901234567890}""", "12345678901234567890")]
    [InlineData("""{"userId":1.0}""", "1")]
    [InlineData("""{"userId":" u\t"}""", "u")]
    [InlineData("""{"userId":"\u200b","anonymousId":"a"}""", null)]
    [InlineData("""{"\u0075serId":"escaped"}""", "escaped")]
    [InlineData("""{"userId":"\ud83d\ude00"}""", "😀")]
    [InlineData("""{"userId":"  ","anonymousId":"a"}""", null)]
    [InlineData("""{"userId":"u","userId":null,"anonymousId":"a"}""", null)]
    public void Parse_UserId_IsCanonicalText(string json, string? userId) => Assert.Equal(userId, ParseEvent(json).userId);

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
    [InlineData("""{"userId":" \u200b","anonymousId":"\ufeff"}""", "no_identifier")]
    [InlineData("""{"userId":{"a":1}}""", "no_identifier")]
    [InlineData("""{"userId":"a\u0000b"}""", "unusable_text")]
    [InlineData("""{"userId":"u","event":"\ud83d"}""", "unusable_text")]
    public void Parse_InvalidEvent_IsRejectedWithItsCode(string json, string code) => Assert.Equal(code, FindRejection(json)?.Code);

    [Theory]
    [InlineData("""{"userId":"?"}""", "userId")]
    [InlineData("""{"anonymousId":"?"}""", "anonymousId")]
    [InlineData("""{"userId":"u","previousId":"?"}""", "previousId")]
    [InlineData("""{"userId":"u","groupId":"?"}""", "groupId")]
    [InlineData("""{"userId":"u","mergeProperties":[{"type":"email","value":"?"},{"type":"email","value":"b"}]}""", "mergeProperties")]
    [InlineData("""{"userId":"u","mergeProperties":[{"type":"?","value":"a"},{"type":"email","value":"b"}]}""", "mergeProperties")]
    public void Parse_IdentifierOfMoreThan512Characters_IsRejectedByName(string json, string member)
    {
        foreach (var c in new[] { "x", "7", "é", "\u3042", "\\u00e9" })
        {
            Assert.Null(FindRejection(json.Replace("?", Repeat(c, 512), StringComparison.Ordinal)));
            var refused = FindRejection(json.Replace("?", Repeat(c, 513), StringComparison.Ordinal));
            Assert.Equal("identifier_too_long", refused?.Code);
            Assert.StartsWith($"{member} ", refused!.Message, StringComparison.Ordinal);
        }
        static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
    }

    [Fact]
    public void Parse_NumericIdOfMoreThan512Digits_IsRejected()
    {
        Assert.Null(FindRejection($$"""{"userId":{{new string('7', 512)}}}"""));
        Assert.Equal("identifier_too_long", FindRejection($$"""{"userId":{{new string('7', 513)}}}""")?.Code);
    }

    [Fact]
    public void Parse_BytesThatAreNotUtf8_AreRejected()
    {
        var body = Encoding.UTF8.GetBytes("""{"userId":"u","properties":{"a":"?"}}""");
        body[Array.IndexOf(body, (byte)'?')] = 0xFF;

        Assert.Equal(Rejection.InvalidUtf8, Parse(body, "track").Events[0].Rejected);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void Parse_NestedTooDeep_IsRejected(int arrays, bool accepted) =>
        Assert.Equal(accepted, FindRejection($$"""{"userId":"u","properties":{{new string('[', arrays)}}1{{new string(']', arrays)}}}""") is null);

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Parse_MessageIdTooLong_IsRejected(int length, bool accepted) =>
        Assert.Equal(accepted, FindRejection($$"""{"userId":"u","messageId":"{{new string('m', length)}}"}""") is null);

    [Theory]
    [InlineData(32 * 1024, true)]
    [InlineData((32 * 1024) + 1, false)]
    public void Parse_EventTooLarge_IsRejected(int size, bool accepted)
    {
        var json = $$$"""{"userId":"u","properties":{"a":""}}""";
        json = json.Replace("\"\"", $"\"{new string('x', size - json.Length)}\"", StringComparison.Ordinal);

        Assert.Equal(accepted ? null : 413, FindRejection(json)?.Status);
    }

    [Theory]
    [InlineData("""{"userId":"u"}""", """{"ip":"10.0.0.1"}""")]
    [InlineData("""{"userId":"u","context":{ }}""", """{"ip":"10.0.0.1" }""")]
    [InlineData("""{"userId":"u","context":{"a":{"ip":1}}}""", """{"ip":"10.0.0.1","a":{"ip":1}}""")]
    [InlineData("""{"userId":"u","context":{"ip":null}}""", """{"ip":null}""")]
    [InlineData("""{"userId":"u","context":{"ip":"1"},"context":{"b":1}}""", """{"ip":"10.0.0.1","b":1}""")]
    public void Parse_MissingContextIp_IsFilledIn(string json, string context) => Assert.Equal(context, ParseEvent(json, ip: "10.0.0.1").context);

    [Fact]
    public void Parse_MissingMessageId_IsDerivedFromTheBytes()
    {
        var first = ParseEvent("""{"userId":"u","event":"E"}""").messageId;

        Assert.Equal(first, ParseEvent("""{"userId":"u","event":"E"}""").messageId);
        Assert.NotEqual(first, ParseEvent("""{"userId":"u","event":"F"}""").messageId);
        var (_, twice) = ParseBatch("""{"batch":[{"type":"track","userId":"u"},{"type":"track","userId":"u"}]}""");
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
    public void Parse_AnyTimestampNotation_IsUtc(string text, int hour)
    {
        var original = ParseEvent($$"""{"userId":"u","timestamp":"{{text}}"}""").originalTimestamp!.Value;

        Assert.Equal((DateTimeKind.Utc, 23, hour), (original.Kind, original.Day, original.Hour));
    }

    [Theory]
    [InlineData("""{"userId":"u","historical":true,"sentAt":"2026-11-23T13:00:00Z","timestamp":"2020-01-01T00:00:00Z"}""", "2020-01-01T00:00:00Z")]
    [InlineData("""{"userId":"u","historical":false,"sentAt":"2020-01-01T01:00:00Z","timestamp":"2020-01-01T00:00:00Z"}""", "2026-11-23T11:00:00Z")]
    public void Parse_Historical_KeepsTheTimeAndTheFlag(string json, string timestamp)
    {
        var e = ParseEvent(json);

        Assert.Equal(
            DateTime.Parse(timestamp, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal),
            e.timestamp);
        Assert.StartsWith("{\"historical\":", e.extra, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"email","value":"d@e.f"}]}""", null)]
    [InlineData("""{"mergeProperties":[{"type":"user_id","value":7.0},{"type":"user_id","v\u0061lue":"8"}]}""", null)]
    [InlineData("""{"mergeProperties":[{"type":"user_id","value":"\u200b"},{"type":"user_id","value":"8"}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c","more":{"type":1}},{"value":"d@e.f","type":"email"}],"userId":"u"}""", null)]
    [InlineData("""{"userId":"u"}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":{}}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"email"}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"email","value":["x"]}]}""", "invalid_merge")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"a"},{"type":"email","value":"b"},{"type":"email","value":"c"}]}""", "invalid_merge")]
    public void Parse_Merge_RequiresTwoIdentifiers(string json, string? code) => Assert.Equal(code, FindRejection(json, "merge")?.Code);

    [Fact]
    public void Parse_BlankMessageId_IsDerived() => Assert.Equal(32, ParseEvent("""{"userId":"u","messageId":" "}""").messageId.Length);

    [Theory]
    [InlineData("timestamp")]
    [InlineData("sentAt")]
    [InlineData("originalTimestamp")]
    public void Parse_TimeWithALoneSurrogate_IsAccepted(string member) =>
        Assert.Null(FindRejection($$$"""{"userId":"u","{{{member}}}":"2026-01-01T00:00:00\udE00Z"}"""));
}
