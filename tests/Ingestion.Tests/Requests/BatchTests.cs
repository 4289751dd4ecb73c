using System.Text;
using cdp;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Ingestion.Tests.Requests;

/// <summary>Batches, and the result for each item.</summary>
[Trait("tier", "integration")]
public sealed class BatchTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Batch_SomeInvalidItems_AcceptsTheOthersAndQuarantinesThem()
    {
        const string Invalid = """{"messageId":"no-id",  "type":"track","event":"E"}""";
        var large = $$"""{"type":"track","userId":"u9","properties":{"a":"{{new string('x', 1_000_000)}}"} }""";
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{Invalid}},{"messageId":"valid","type":"page","userId":"u1"},{{large}}]}""")
            .AssertAnswerAsync(
                200,
                """{"success":true,"accepted":1,"rejected":[{"index":0,"code":"no_identifier","message":"request neither has anonymousId nor userId"},"""
                + """{"index":2,"code":"event_too_large","message":"request size exceeds max limit: an event may have at most 32768 bytes"}],"""
                + "\"rejectedCount\":2}");

        Assert.Equal("u1", kafka.FindCollectedRecord("valid").Key);
        var quarantined = kafka.Read(Topics.EventsQuarantined).Select(record => (record.Key, Value: (QuarantinedEvent)record.Value)).ToList();
        var (_, first) = Assert.Single(quarantined, record => record.Value.messageId == "no-id");
        Assert.Equal(
            (Invalid, "json", "src", "track", "E"),
            (Encoding.UTF8.GetString(first.original), first.encoding, first.sourceId, first.type, first.@event));
        var (key, second) = Assert.Single(quarantined, record => record.Value.violations[0].kind == "event_too_large");
        Assert.Equal(("u9", 2 * 32_768), (key, second.original.Length));
        Assert.EndsWith($"only the first {2 * 32_768} of its {large.Length} bytes are kept", second.violations[0].message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_NoValidItem_Returns400AndWritesNothing()
    {
        await kafka.Host.PostAsync("/v1/batch", """{"batch":["no event"]}""")
            .AssertAnswerAsync(
                400,
                """{"success":false,"error":{"code":"not_an_event","message":"event is not a valid rudder event","index":0},"rejected":"""
                + """[{"index":0,"code":"not_an_event","message":"event is not a valid rudder event"}],"rejectedCount":1}""");

        Assert.DoesNotContain(
            kafka.QuarantinedEvents(),
            quarantined => Encoding.UTF8.GetString(quarantined.original).Contains("no event", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Batch_ManyInvalidItems_ListsTheFirst100AndCountsAll()
    {
        var items = string.Join(',', Enumerable.Repeat("{}", 250));
        using var response = await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{"type":"track","userId":"u"},{{items}}]}""");

        var answer = await response.ReadJsonAsync();
        Assert.Equal((200, 1, 250), ((int)response.StatusCode, (int)answer["accepted"]!, (int)answer["rejectedCount"]!));
        Assert.Equal(Enumerable.Range(1, 100), answer["rejected"]!.AsArray().Select(item => (int)item!["index"]!));
    }

    [Theory]
    [InlineData("""{"writeKey":"WK","batch":[{"type":"track","userId":"u","writeKey":null}]}""")]
    [InlineData("""{"batch":[{"type":"track","userId":"u","writeKey":"other"}],"writeKey":"WK"}""")]
    [InlineData("""{"batch":[{"type":"track","userId":"u","writeKey":"WK"},{"type":"track","userId":"u","writeKey":null}]}""")]
    public async Task Batch_WriteKeysInTheBody_UsesTheOneOfTheBatchBeforeTheFirstItem(string json) =>
        await kafka.Host.PostAsync("/v1/batch", json, key: null).AssertSuccessAsync();

    [Fact]
    public async Task Batch_InvalidItemWithAWriteKey_IsQuarantinedWithoutTheKey()
    {
        const string Invalid = """{"messageId":"keyed","writeKey":"WK","type":"track","event":"E","write\u004bey":"WK"}""";
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{"type":"track","userId":"u"},{{Invalid}}],"writeKey":"WK"}""").AssertStatusAsync(200);

        var quarantined = Assert.Single(kafka.QuarantinedEvents(), record => record.messageId == "keyed");
        Assert.Equal("""{"messageId":"keyed","type":"track","event":"E"}""", Encoding.UTF8.GetString(quarantined.original));
    }

    [Fact]
    public async Task Batch_SuppressedUser_IsAcknowledgedAndDropped()
    {
        const string Forgotten = """{"type":"track","messageId":"forgotten","userId":"forget-me"}""";
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{Forgotten}},{"type":"track","messageId":"kept","userId":"u"}]}""").AssertSuccessAsync();
        await kafka.Host.PostAsync("/v1/track", Forgotten).AssertSuccessAsync();

        kafka.FindCollected("kept");
        Assert.DoesNotContain(kafka.CollectedEvents(), e => e.messageId == "forgotten");
    }
}
