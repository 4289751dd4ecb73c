using System.Text;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Parsing.Tokens;
using CsCheck;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.RequestParsing;

namespace Cdp.Ingestion.Tests.Parsing.Tokens;

public sealed class SurrogateRepairTests
{
    private static readonly string[] Pieces = ["\\ud83d", "\\ude00", "\\uD800", "\\uDFFF", "\\\\", "\\\"", "\\u0041", "x", "é", "😀"];

    [Theory]
    [InlineData("""{"a\ud83d":"v"}""", """{"a\ufffd":"v"}""")]
    [InlineData("""{"a":"\uDC00"}""", """{"a":"\ufffd"}""")]
    [InlineData("""["\ud83d\ud83d\ude00"]""", """["\ufffd\ud83d\ude00"]""")]
    [InlineData("""["\ud83dx\ude00"]""", """["\ufffdx\ufffd"]""")]
    [InlineData("""["\ude00\ud83d"]""", """["\ufffd\ufffd"]""")]
    [InlineData("""["\ud83d\n\ude00"]""", """["\ufffd\n\ufffd"]""")]
    [InlineData("""["\\ud83d","\\\ud83d"]""", """["\\ud83d","\\\ufffd"]""")]
    [InlineData("""["\ud83d\ude00 é \u0000 \/ \""]""", """["\ud83d\ude00 é \u0000 \/ \""]""")]
    public void Repaired_LoneSurrogates_BecomeReplacementCharacters(string json, string expected)
    {
        Assert.Equal(json != expected, SurrogateRepair.IsNeeded(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(expected, Encoding.UTF8.GetString(SurrogateRepair.Repaired(Encoding.UTF8.GetBytes(json))));
    }

    [Theory]
    [InlineData("traits")]
    [InlineData("properties")]
    [InlineData("context")]
    [InlineData("integrations")]
    public void Parse_LoneSurrogateInAFreeFormMember_IsRepairedInNamesAndValues(string member)
    {
        var e = ParseEvent($$$"""{"userId":"u","{{{member}}}":{"bad\ud83d":{"x":["\udc00"]},"ok": 1}}""", "identify");

        var kept = member switch { "traits" => e.traits, "properties" => e.properties, "context" => e.context, _ => e.integrations };
        Assert.Equal("""{"bad\ufffd":{"x":["\ufffd"]},"ok": 1}""", kept);
    }

    [Fact]
    public void Parse_LoneSurrogateInSharedOrUnknownMembers_IsRepaired()
    {
        var (_, events) = ParseBatch(
            """{"batch":[{"type":"track","userId":"u","odd\udc00":"\ud83d","context":{"a":1},"timestamp":"\ud83d"}],"context":{"b\ud83d":1},"integrations":"""
            + """{"\ud83d":true}}""");

        var e = events[0].Accepted!.envelope;
        Assert.Equal(
            ("""{"odd\ufffd":"\ufffd","timestamp":"\ufffd"}""", """{"a":1,"b\ufffd":1}""", """{"\ufffd":true}"""),
            (e.extra, e.context, e.integrations));
    }

    [Theory]
    [InlineData("userId")]
    [InlineData("anonymousId")]
    [InlineData("groupId")]
    [InlineData("previousId")]
    [InlineData("messageId")]
    [InlineData("event")]
    [InlineData("name")]
    [InlineData("category")]
    [InlineData("channel")]
    public void Parse_LoneSurrogateOrNulInAnEnvelopeMember_IsRejectedByName(string member)
    {
        foreach (var text in new[] { "\\ud83d", "x\\udc00", "\\u0000" })
        {
            var refused = FindRejection($$"""{"userId":"u","anonymousId":"a","{{member}}":"{{text}}"}""")!;
            Assert.Equal("unusable_text", refused.Code);
            Assert.StartsWith($"{member} ", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Parse_AnyEscapes_WritesValidText() =>
        Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 6].Array[2, 2].Sample(texts =>
        {
            var e = ParseEvent($$"""{"userId":"u","traits":{"{{string.Concat(texts[0])}}":"{{string.Concat(texts[1])}}"} }""", "identify");
            var (name, value) = JsonNode.Parse(e.traits!)!.AsObject().Single();
            Assert.Equal($"{name}{value}", Encoding.UTF8.GetString(Encoding.UTF8.GetBytes($"{name}{value}")));
        });
}
