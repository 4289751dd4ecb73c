using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using cdp;
using Xunit;

namespace Cdp.Ingestion.Tests.Requests;

/// <summary>The endpoints of single events, and what all endpoints have in common.</summary>
[Trait("tier", "integration")]
public sealed class EndpointTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const string NoWriteKey =
        "failed to read writekey from header: send it as the user name of Basic authentication, or as writeKey in the query or the body";

    private const string UnknownWriteKey =
        "invalid write key: no source has it; to create one for a source's file run 'dotnet run --project services/Ingestion -- --new-write-key'";

    [Fact]
    public async Task Track_Acknowledged_IsInTheTopicUnchanged()
    {
        const string Properties = """{ "revenue" : 9.90, "items":[ {"a":"\u00e9"} ] }""";
        const string Members = """ "messageId":"as-sent","anonymousId":"a1","userId":"u1","event":"Order","odd":[1]""";
        await kafka.Host.PostAsync("/v1/track", $$"""{ {{Members}},"properties":{{Properties}}}""").AssertSuccessAsync();

        var record = kafka.FindCollectedRecord("as-sent");
        var e = ((CollectedEvent)record.Value).envelope;
        Assert.Equal(("a1", Properties, """{"odd":[1]}""", """{"ip":"127.0.0.1"}"""), (record.Key, e.properties, e.extra, e.context));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", Encoding.ASCII.GetString(record.Headers.GetLastBytes("traceparent")));
    }

    [Theory]
    [InlineData("t", "track")]
    [InlineData("i", "identify")]
    [InlineData("p", "page")]
    [InlineData("s", "screen")]
    [InlineData("g", "group")]
    [InlineData("a", "alias")]
    public async Task SingleEvent_EveryPath_SetsItsType(string shortPath, string type)
    {
        foreach (var path in new[] { shortPath, type })
        {
            await kafka.Host.PostAsync($"/v1/{path}", $$"""{"messageId":"path-{{path}}","userId":"u1"}""").AssertSuccessAsync();
            Assert.Equal(type, kafka.FindCollected($"path-{path}").type);
        }
    }

    [Theory]
    [InlineData(null, """{"userId":"u"}""", 401, "no_write_key", NoWriteKey)]
    [InlineData(null, "{", 401, "no_write_key", NoWriteKey)]
    [InlineData("other", """{"userId":"u"}""", 401, "unknown_write_key", UnknownWriteKey)]
    [InlineData(null, """{"userId":"u","writeKey":"other"}""", 401, "unknown_write_key", UnknownWriteKey)]
    [InlineData("OFF", """{"userId":"u"}""", 404, "source_disabled", "source is disabled")]
    [InlineData("WK", "", 400, "empty_body", "request body is nil")]
    [InlineData("WK", "{", 400, "invalid_json", "invalid json at line 1, byte 2")]
    [InlineData("WK", "{}", 400, "no_identifier", "request neither has anonymousId nor userId")]
    public async Task Track_InvalidRequest_IsRefusedWithItsReason(string? key, string json, int status, string code, string message) =>
        await kafka.Host.PostAsync("/v1/track", json, key)
            .AssertAnswerAsync(status, $$$"""{"success":false,"error":{"code":"{{{code}}}","message":"{{{message}}}"}}""");

    [Fact]
    public async Task Track_WriteKeyInTheBody_IsAcceptedAndRemoved()
    {
        await kafka.Host.PostAsync("/v1/t", """{"messageId":"body-key","userId":"u","writeKey":"WK"}""", key: null).AssertSuccessAsync();

        Assert.Null(kafka.FindCollected("body-key").extra);
    }

    [Fact]
    public async Task Import_OldEvents_KeepsTheirTime()
    {
        const string Item =
            """{"type":"track","userId":"u","messageId":"imported","timestamp":"2019-05-06T07:08:09Z","sentAt":"2026-01-01T00:00:00Z"}""";
        await kafka.Host.PostAsync("/v1/import", $$"""{"sentAt":"2026-01-01T00:00:00Z","batch":[{{Item}}]}""").AssertSuccessAsync();

        Assert.Equal(new DateTime(2019, 5, 6, 7, 8, 9, DateTimeKind.Utc), kafka.FindCollected("imported").timestamp.ToUniversalTime());
    }

    [Fact]
    public async Task Merge_TwoIdentifiers_IsKeyedByTheFirst()
    {
        const string Identifiers = """ "mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"mobile","value":"+1"}]""";
        await kafka.Host.PostAsync("/v1/merge", $$"""{"messageId":"merged",{{Identifiers}}}""").AssertSuccessAsync();

        var record = kafka.FindCollectedRecord("merged");
        var e = ((CollectedEvent)record.Value).envelope;
        Assert.Equal(("email:a@b.c", "merge", $$"""{{{Identifiers.TrimStart()}}}"""), (record.Key, e.type, e.extra));
    }

    [Fact]
    public async Task UnknownPathOrMethod_AnyRequest_ReturnsJsonWithTheReason()
    {
        using var unknown = await kafka.Host.PostAsync("/v1/trak", "{}");
        using var method = await kafka.Host.Client.GetAsync("/v1/track", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.StartsWith("""{"success":false,"error":{"code":"unknown_path",""", await unknown.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        Assert.Contains("POST", method.Content.Headers.Allow);
        Assert.StartsWith("""{"success":false,"error":{"code":"wrong_method",""", await method.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Track_PlainTextAccepted_IsRefusedAsRudderStackDoes() =>
        await kafka.Host.SendAsync(HttpMethod.Post, "/v1/track?writeKey=WK", new StringContent("{}"), "Accept: text/plain")
            .AssertAnswerAsync(400, "request neither has anonymousId nor userId\n");

    [Fact]
    public async Task AnyEndpoint_RecordedSdkRequests_AreCollectedUnchanged()
    {
        var sent = 0;
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"), "*.jsonl"))
        {
            foreach (var request in SdkRequest.Read(file).Where(request => request.Method == "POST"))
            {
                var body = Encoding.UTF8.GetBytes(request.Body!.ToJsonString());
                if (request.Encoding is { } encoding) body = Compressed.Of(body, encoding);
                await kafka.Host.PostAsync(request.Path, body, request.SendsKeyInHeader ? "WK" : null, request.Encoding).AssertSuccessAsync();
                foreach (var item in request.Events)
                {
                    var e = kafka.FindCollected((string)item["messageId"]!);
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
}
