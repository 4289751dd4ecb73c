using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

public sealed class EndpointTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const string Success = """{"success":true}""";

    [Fact]
    public async Task Track_Acknowledged_IsInTheTopicAsSent()
    {
        const string Properties = """{ "revenue" : 9.90, "items":[ {"a":"\u00e9"} ] }""";
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/track", $$"""{"messageId":"as-sent","anonymousId":"a1","userId":"u1","event":"Order","properties":{{Properties}},"odd":[1]}"""));

        var (key, value, headers) = Collected("as-sent");
        var e = ((CollectedEvent)value).envelope;
        Assert.Equal(("a1", Properties, """{"odd":[1]}""", """{"ip":"127.0.0.1"}"""), (key, e.properties, e.extra, e.context));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", Encoding.ASCII.GetString(headers.GetLastBytes("traceparent")));
    }

    [Theory]
    [InlineData("t", "track")]
    [InlineData("i", "identify")]
    [InlineData("p", "page")]
    [InlineData("s", "screen")]
    [InlineData("g", "group")]
    [InlineData("a", "alias")]
    public async Task Single_EveryPath_GivesItsType(string shortPath, string type)
    {
        foreach (var path in new[] { shortPath, type })
        {
            await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync($"/v1/{path}", $$"""{"messageId":"path-{{path}}","userId":"u1"}"""));
            Assert.Equal(type, ((CollectedEvent)Collected($"path-{path}").Value).envelope.type);
        }
    }

    [Fact]
    public async Task Batch_WithBadItems_AcceptsTheGoodAndQuarantinesTheBad()
    {
        var bad = """{"messageId":"no-id",  "type":"track","event":"E"}""";
        var large = $$"""{"type":"track","userId":"u9","properties":{"a":"{{new string('x', 1_000_000)}}"} }""";
        await AssertAnswerAsync(
            200,
            """{"success":true,"accepted":1,"rejected":[{"index":0,"code":"no_identifier","message":"request neither has anonymousId nor userId"},{"index":2,"code":"event_too_large","message":"request size exceeds max limit: an event may have 32768 bytes"}]}""",
            await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{bad}},{"messageId":"good","type":"page","userId":"u1"},{{large}}]}"""));

        Assert.Equal("u1", Collected("good").Key);
        var quarantined = kafka.Read(Topics.EventsQuarantined).Select(record => (record.Key, Value: (QuarantinedEvent)record.Value)).ToList();
        var (_, first) = Assert.Single(quarantined, record => record.Value.messageId == "no-id");
        Assert.Equal((bad, "json", "src", "track", "E"), (Encoding.UTF8.GetString(first.original), first.encoding, first.sourceId, first.type, first.@event));
        var (key, second) = Assert.Single(quarantined, record => record.Value.violations[0].kind == "event_too_large");
        Assert.Equal(("u9", Quarantine.MaxBytes), (key, second.original.Length));
        Assert.EndsWith($"only the first {Quarantine.MaxBytes} of its {large.Length} bytes are kept", second.violations[0].message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_WithoutAGoodItem_Is400AndWritesNothing()
    {
        await AssertAnswerAsync(
            400,
            """{"success":false,"error":{"code":"not_an_event","message":"event is not a valid rudder event","index":0},"rejected":[{"index":0,"code":"not_an_event","message":"event is not a valid rudder event"}]}""",
            await kafka.Host.PostAsync("/v1/batch", """{"batch":["nothing good"]}"""));

        Assert.DoesNotContain(kafka.Read(Topics.EventsQuarantined), record => Encoding.UTF8.GetString(((QuarantinedEvent)record.Value).original).Contains("nothing good", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, """{"userId":"u"}""", 401, "no_write_key", "failed to read writekey from header")]
    [InlineData(null, "{", 401, "no_write_key", "failed to read writekey from header")]
    [InlineData("other", """{"userId":"u"}""", 401, "unknown_write_key", "invalid write key")]
    [InlineData(null, """{"userId":"u","writeKey":"other"}""", 401, "unknown_write_key", "invalid write key")]
    [InlineData("OFF", """{"userId":"u"}""", 404, "source_disabled", "source is disabled")]
    [InlineData("WK", "", 400, "empty_body", "request body is nil")]
    [InlineData("WK", "{", 400, "invalid_json", "invalid json")]
    [InlineData("WK", "{}", 400, "no_identifier", "request neither has anonymousId nor userId")]
    public async Task Track_Refused_SaysWhy(string? key, string json, int status, string code, string message) =>
        await AssertAnswerAsync(status, $$$"""{"success":false,"error":{"code":"{{{code}}}","message":"{{{message}}}"}}""", await kafka.Host.PostAsync("/v1/track", json, key));

    [Fact]
    public async Task Track_WriteKeyInTheBody_IsEnoughAndStaysHere()
    {
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/t", """{"messageId":"body-key","userId":"u","writeKey":"WK"}""", key: null));

        Assert.Null(((CollectedEvent)Collected("body-key").Value).envelope.extra);
    }

    [Theory]
    [InlineData("""{"writeKey":"WK","batch":[{"type":"track","userId":"u","writeKey":null}]}""")]
    [InlineData("""{"batch":[{"type":"track","userId":"u","writeKey":"other"}],"writeKey":"WK"}""")]
    [InlineData("""{"batch":[{"type":"track","userId":"u","writeKey":"WK"},{"type":"track","userId":"u","writeKey":null}]}""")]
    public async Task Batch_WriteKeysInTheBody_TheBatchsCountsThenTheFirst(string json) => await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/batch", json, key: null));

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Track_Compressed_IsInflated(string encoding) =>
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/track", Compressed.Of("""{"userId":"u"}"""u8.ToArray(), encoding), encoding: encoding));

    [Theory]
    [InlineData("gzip", "request_too_large", 413)]
    [InlineData("br", "request_too_large", 413)]
    [InlineData("zstd", "request_too_large", 413)]
    [InlineData("compress", "unknown_encoding", 415)]
    public async Task Batch_Bomb_IsInflatedToTheLimitOnly(string encoding, string code, int status)
    {
        using var response = await kafka.Host.PostAsync("/v1/batch", Compressed.Of(new byte[100_000_000], encoding), encoding: encoding);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(code, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Track_NotWhatItsEncodingSays_Is400()
    {
        foreach (var encoding in new[] { "gzip", "deflate", "br", "zstd" })
        {
            using var response = await kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", encoding: encoding);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task Preflight_AnyOrigin_MaySend()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/t");
        request.Headers.Add("Origin", "http://shop.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "anonymousid,authorization");
        using var response = await kafka.Host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["http://shop.example"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["anonymousid,authorization"], response.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.Equal(["900"], response.Headers.GetValues("Access-Control-Max-Age"));
    }

    [Theory]
    [InlineData("https://shop.example", 200, true)]
    [InlineData("https://other.example", 403, false)]
    [InlineData(null, 200, false)]
    public async Task Track_FromAPage_IsTakenFromTheOriginsOfTheSource(string? origin, int status, bool mayRead)
    {
        kafka.Host.WriteSource("origins", "origins", "type: web\norigins: https://shop.example");
        await kafka.Host.UntilAsync(HttpStatusCode.OK, () => kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "origins"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/track?writeKey=origins") { Content = new StringContent("""{"userId":"u"}""") };
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var response = await kafka.Host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((status, mayRead), ((int)response.StatusCode, response.Headers.Contains("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task Track_OverTheRate_Is429AndTellsWhenToComeAgain()
    {
        kafka.Host.WriteSource("slow", "slow", "type: server\nlimits:\n  events_per_second: 1\n  burst: 100");
        await kafka.Host.UntilAsync(HttpStatusCode.OK, () => kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "slow"));
        var events = string.Join(',', Enumerable.Repeat("""{"type":"track","userId":"u"}""", 120));
        using (var large = await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{events}}]}""", "slow")) Assert.Equal(HttpStatusCode.OK, large.StatusCode);

        using var response = await kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "slow");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        Assert.Equal("""{"success":false,"error":{"code":"too_many_requests","message":"max requests limit reached"}}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Import_OldEvents_KeepTheirTime()
    {
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/import", """{"sentAt":"2026-01-01T00:00:00Z","batch":[{"type":"track","userId":"u","messageId":"imported","timestamp":"2019-05-06T07:08:09Z","sentAt":"2026-01-01T00:00:00Z"}]}"""));

        Assert.Equal(new DateTime(2019, 5, 6, 7, 8, 9, DateTimeKind.Utc), ((CollectedEvent)Collected("imported").Value).envelope.timestamp.ToUniversalTime());
    }

    [Fact]
    public async Task Merge_TwoIdentifiers_IsKeyedByTheFirst()
    {
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/merge", """{"messageId":"merged","mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"mobile","value":"+1"}]}"""));

        var (key, value, _) = Collected("merged");
        Assert.Equal(("email:a@b.c", "merge", """{"mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"mobile","value":"+1"}]}"""), (key, ((CollectedEvent)value).envelope.type, ((CollectedEvent)value).envelope.extra));
    }

    [Fact]
    public async Task AnyPath_NotOurs_SaysWhereTheOthersAre()
    {
        using var unknown = await kafka.Host.PostAsync("/v1/trak", "{}");
        using var method = await kafka.Host.Client.GetAsync("/v1/track", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("""{"success":false,"error":{"code":"unknown_path",""", await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        Assert.Contains("POST", method.Content.Headers.Allow);
        Assert.Contains("wrong_method", await method.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Track_PlainTextAskedFor_IsRefusedInRudderStacksForm()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/track?writeKey=WK") { Content = new StringContent("{}") };
        request.Headers.Add("Accept", "text/plain");
        using var response = await kafka.Host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("request neither has anonymousId nor userId\n", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Batch_OfASuppressedUser_IsAnsweredAndDropped()
    {
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/batch", """{"batch":[{"type":"track","messageId":"forgotten","userId":"forget-me"},{"type":"track","messageId":"kept","userId":"u"}]}"""));
        await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync("/v1/track", """{"messageId":"forgotten","userId":"forget-me"}"""));

        Collected("kept");
        Assert.DoesNotContain(kafka.Read(Topics.EventsCollected), record => ((CollectedEvent)record.Value).envelope.messageId == "forgotten");
    }

    [Fact]
    public async Task Samples_OfEverySdk_ArriveWhole()
    {
        var sent = 0;
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"), "*.jsonl"))
        {
            foreach (var request in Sample.Read(file).Where(request => request.Method == "POST"))
            {
                var body = Encoding.UTF8.GetBytes(request.Body!.ToJsonString());
                if (request.Encoding is { } encoding) body = Compressed.Of(body, encoding);
                await AssertAnswerAsync(200, Success, await kafka.Host.PostAsync(request.Path, body, request.SendsKeyInHeader ? "WK" : null, request.Encoding));
                foreach (var item in request.Events)
                {
                    var e = ((CollectedEvent)Collected((string)item["messageId"]!).Value).envelope;
                    Assert.Equal((string?)item["userId"], e.userId);
                    Assert.Equal((string?)item["event"], e.@event);
                    Assert.True(JsonNode.DeepEquals(item["properties"], e.properties is null ? null : JsonNode.Parse(e.properties)), file);
                    Assert.True(JsonNode.DeepEquals(item["traits"], e.traits is null ? null : JsonNode.Parse(e.traits)), file);
                    Assert.True(JsonNode.DeepEquals(item["_metadata"], e.extra is null ? null : JsonNode.Parse(e.extra)!["_metadata"]), file);
                    sent++;
                }
            }
        }
        Assert.Equal(22, sent);
    }

    private static async Task AssertAnswerAsync(int status, string body, HttpResponseMessage response)
    {
        using (response)
        {
            Assert.Equal((status, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        }
    }

    private (string? Key, Avro.Specific.ISpecificRecord Value, Confluent.Kafka.Headers Headers) Collected(string messageId) =>
        Assert.Single(kafka.Read(Topics.EventsCollected), record => ((CollectedEvent)record.Value).envelope.messageId == messageId);
}
