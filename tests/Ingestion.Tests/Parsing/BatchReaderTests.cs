using Cdp.Ingestion.Parsing;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.RequestParsing;

namespace Cdp.Ingestion.Tests.Parsing;

public sealed class BatchReaderTests
{
    [Theory]
    [InlineData("[]", "empty_batch")]
    [InlineData("{}", "empty_batch")]
    [InlineData("""{"batch":[]}""", "empty_batch")]
    [InlineData("""{"batch":{"a":[1]}}""", "empty_batch")]
    [InlineData("""{"batch":[{"type":"track"}""", "invalid_json")]
    [InlineData("""{"batch":[{"type":"track","userId":"u"}],"batch":[]}""", "empty_batch")]
    public void Read_InvalidBatch_RefusesTheWhole(string json, string code) => Assert.Equal(code, ParseBatch(json).Refused?.Code);

    [Theory]
    [InlineData("{\"batch\":[{\"type\":\"track\",\"userId\":\"u\"},\n{\"type\":\"track\",\"userId\":u}]}", "invalid json at line 2, byte 26, in batch[1]")]
    [InlineData("{\"batch\":[{\"type\":\"track\",\"userId\":\"u\"}],\n\"context\":}", "invalid json at line 2, byte 11")]
    public void Read_InvalidJson_NamesLineByteAndItem(string json, string message) => Assert.Equal(message, ParseBatch(json).Refused?.Message);

    [Theory]
    [InlineData(62, true)]
    [InlineData(64, false)]
    public void Read_SharedContextNestedTooDeep_RefusesTheBatch(int arrays, bool accepted) =>
        Assert.Equal(
            accepted,
            ParseBatch(
                $$"""{"batch":[{"type":"track","userId":"u"}],"context":{"a":{{new string('[', arrays)}}1{{new string(']', arrays)}}} }""").Refused is null);

    [Fact]
    public void Read_ValidAndInvalidItems_JudgesEachItem()
    {
        var deep = new string('[', 100) + new string(']', 100);
        var (_, events) = ParseBatch(
            """{"batch":[{"type":"track","userId":"u"},{"type":"delete","userId":"u"},5,{"type":"page"},{"userId":"u"},{"type":"track","userId":"u","x":"""
            + $$"""{{deep}}},{"type":"merge","userId":"u"},{"type":"page","anonymousId":"a"}]}""");

        Assert.Equal(
            [null, "unknown_type", "not_an_event", "no_identifier", "unknown_type", "too_deep", "invalid_merge", null],
            events.Select(parsed => parsed.Rejected?.Code));
    }

    [Fact]
    public void Read_SharedMembersAfterTheBatch_ApplyToEveryItem()
    {
        var (_, events) = ParseBatch("""
            {"batch":[
              {"type":"track","userId":"u","timestamp":"2026-11-23T11:00:00Z","context":{"a":1,"b":2}},
              {"type":"track","userId":"u","timestamp":"2026-11-23T11:00:00Z","sentAt":"2026-11-23T11:30:00Z","integrations":{"All":false}}],
             "sentAt":"2026-11-23T11:10:00Z","writeKey":"k","context":{"b":3,"c": 4},"integrations":{"All":true}}
            """);

        Assert.Equal(["""{"a":1,"b":2,"c": 4}""", """{"b":3,"c": 4}"""], events.Select(parsed => parsed.Accepted!.envelope.context));
        Assert.Equal(["""{"All":true}""", """{"All":false}"""], events.Select(parsed => parsed.Accepted!.envelope.integrations));
        Assert.Equal([10, 30], events.Select(parsed => (ReceivedAt - parsed.Accepted!.envelope.timestamp).TotalMinutes));
    }

    [Fact]
    public void Read_TooManyItems_RefusesTheBatch()
    {
        var limits = new LimitOptions { BatchEvents = 2 };

        Assert.Null(ParseBatch("""{"batch":[1,2]}""", limits).Refused);
        Assert.Equal("too_many_events", ParseBatch("""{"batch":[1,2,3]}""", limits).Refused?.Code);
    }

    [Fact]
    public void Read_SharedContext_CountsOncePerItem()
    {
        var limits = new LimitOptions { EventBytes = 1_000, RequestBytes = 2_000 };
        string With(int items) => $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("1", items))}}],"context":{"a":"{{new string('x', 200)}}"} }""";

        Assert.Null(ParseBatch(With(5), limits).Refused);
        Assert.Equal("request_too_large", ParseBatch(With(10), limits).Refused?.Code);
    }
}
