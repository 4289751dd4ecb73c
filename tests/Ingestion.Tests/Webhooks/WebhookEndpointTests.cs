using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using cdp;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class WebhookEndpointTests(WebhookHost host) : IClassFixture<WebhookHost>
{
    private const string Success = """{"success":true}""";

    [Fact]
    public async Task Post_EveryPublishedSampleOfAVendor_IsInTheTopic()
    {
        var expected = new List<(string Source, string MessageId)>();
        foreach (var (vendor, name) in VendorSample.All)
        {
            var body = VendorSample.Body(vendor, name);
            var headers = With(VendorSample.Headers(vendor, name), VendorSample.Signature(vendor, body, DateTime.UtcNow));
            if (vendor == "github") headers["x-github-delivery"] = name;
            await AssertAnswerAsync(200, Success, await host.PostAsync(vendor, body, headers));
            expected.AddRange(VendorSample.Presets[vendor].Map(VendorSample.Payload(body, headers)).Events.Select(made => (vendor, (string)JsonNode.Parse(made)!["messageId"]!)));
        }

        var collected = Collected();
        Assert.Empty(expected.Except(collected.Select(envelope => (envelope.sourceId, envelope.messageId))));
        var ofVendors = collected.Where(envelope => VendorSample.Presets.ContainsKey(envelope.sourceId)).ToList();
        Assert.All(ofVendors, envelope => Assert.StartsWith(envelope.sourceId + ":", envelope.anonymousId, StringComparison.Ordinal));
        // The address that calls is the vendor's, not the customer's.
        Assert.All(ofVendors, envelope => Assert.DoesNotContain("\"ip\"", envelope.context));
    }

    [Fact]
    public async Task Post_ASampleTamperedWithOrStale_IsRefusedAndWritesNothing()
    {
        var before = Collected().Count + Quarantined().Count;
        foreach (var (vendor, name) in new[] { ("stripe", "invoice.paid"), ("github", "issues.opened"), ("shopify", "orders-create"), ("zendesk", "ticket.created") })
        {
            var body = VendorSample.Body(vendor, name);
            var tampered = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace("\"id\"", "\"tampered\": true, \"id\"", StringComparison.Ordinal));
            var headers = VendorSample.Headers(vendor, name);

            await AssertRefusedAsync(401, "bad_signature", await host.PostAsync(vendor, tampered, With(headers, VendorSample.Signature(vendor, body, DateTime.UtcNow))));
            await AssertRefusedAsync(401, "bad_signature", await host.PostAsync(vendor, body, With(headers, VendorSample.Signature(vendor, body, DateTime.UtcNow, "another"))));
            await AssertRefusedAsync(401, "no_signature", await host.PostAsync(vendor, body, headers));
            // GitHub and Shopify sign no time; what they send again is found by its messageId.
            if (vendor is "stripe" or "zendesk") await AssertRefusedAsync(401, "stale_signature", await host.PostAsync(vendor, body, With(headers, VendorSample.Signature(vendor, body, DateTime.UtcNow.AddMinutes(-6)))));
        }

        Assert.Equal(before, Collected().Count + Quarantined().Count);
    }

    [Fact]
    public async Task Post_SentAgain_HasTheSameMessageIds()
    {
        var body = VendorSample.Body("github", "star.created");
        var headers = With(VendorSample.Headers("github", "star.created"), VendorSample.Signature("github", body, DateTime.UtcNow));
        headers["x-github-delivery"] = "again";

        await AssertAnswerAsync(200, Success, await host.PostAsync("github", body, headers));
        await AssertAnswerAsync(200, Success, await host.PostAsync("github", body, headers));

        Assert.Equal(["again", "again", "again-2", "again-2"], Collected().Select(envelope => envelope.messageId).Where(id => id.StartsWith("again", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Post_APayloadThatNoRuleTakes_IsInQuarantineWithItsBytesAndAnswered200()
    {
        var body = """{ "id" : "evt_1", "type":"unheard.of" }"""u8.ToArray();

        await AssertAnswerAsync(
            200,
            """{"success":true,"accepted":0,"rejected":[{"index":0,"code":"unplaced","message":"none of the 4 rules takes it"}]}""",
            await host.PostAsync("stripe", body, With(new() { ["X-Extra"] = "kept", ["Cookie"] = "secret" }, VendorSample.Signature("stripe", body, DateTime.UtcNow))));

        var kept = Assert.Single(Quarantined(), record => record.original.AsSpan().SequenceEqual(body));
        Assert.Equal(("stripe", "json", "unplaced", "", "none of the 4 rules takes it", "kept"), (kept.sourceId, kept.encoding, kept.violations[0].kind, kept.violations[0].path, kept.violations[0].message, kept.headers["x-extra"]));
        Assert.DoesNotContain(kept.headers.Keys, name => name is "cookie" or "authorization");
    }

    [Fact]
    public async Task Post_APayloadWhoseRuleFindsNobody_IsInQuarantineWithThePath()
    {
        var body = """{"id":"evt_2","type":"customer.created","data":{}}"""u8.ToArray();

        using var response = await host.PostAsync("stripe", body, VendorSample.Signature("stripe", body, DateTime.UtcNow));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var kept = Assert.Single(Quarantined(), record => record.original.AsSpan().SequenceEqual(body));
        Assert.Equal("stripe:{$.data.object.id}", kept.violations[0].path);
        Assert.Matches(@"^the rule at stripe\.preset\.yaml:\d+ takes it, but anonymousId \(stripe:\{\$\.data\.object\.id\}\) found nothing$", kept.violations[0].message);
    }

    [Fact]
    public async Task Post_SomeItemsThatCannotBePlaced_TakesTheOthersAndKeepsTheWhole()
    {
        var body = """[{"id":"each-1","user":"u1"},{"id":"each-2"},{"id":"each-3","user":"u3"}]"""u8.ToArray();

        await AssertAnswerAsync(
            200,
            """{"success":true,"accepted":2,"rejected":[{"index":1,"code":"unplaced","message":"item 1: the rule at each.yaml:5 takes it, but userId ($item.user) found nothing"}]}""",
            await host.PostAsync("each", body, []));

        Assert.Equal(["each-1", "each-3"], Collected().Select(envelope => envelope.messageId).Where(id => id.StartsWith("each-", StringComparison.Ordinal)).Order());
        Assert.Single(Quarantined(), record => record.original.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public async Task Post_WhatTheMappingMakesIsTooLarge_KeepsThePayload()
    {
        var body = Encoding.UTF8.GetBytes($$"""[{"id":"large","user":"u1","size":"{{new string('x', 40_000)}}"}]""");

        using var response = await host.PostAsync("each", body, []);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var kept = Assert.Single(Quarantined(), record => record.original.AsSpan().SequenceEqual(body));
        Assert.Contains("event 0 of what the mapping makes of it is refused: request size exceeds max limit", kept.violations[0].message);
    }

    [Fact]
    public async Task Post_AForm_IsMappedAndKeptAsAForm()
    {
        var good = "user=u1&what=signed+up&id=form-1"u8.ToArray();
        await AssertAnswerAsync(200, Success, await host.PostAsync("parameter", good, new() { ["X-Extra"] = "x" }, "&token=password&plan=pro", "application/x-www-form-urlencoded"));
        var envelope = Assert.Single(Collected(), envelope => envelope.messageId == "form-1");
        Assert.Equal(("u1", "signed up", """{"query":{"plan":"pro"},"body":{"user":"u1","what":"signed up","id":"form-1"},"header":"x"}"""), (envelope.userId, envelope.@event, envelope.properties));

        var unplaced = "nobody=1"u8.ToArray();
        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync("parameter", unplaced, [], "&token=password", "application/x-www-form-urlencoded")).StatusCode);
        Assert.Equal("form", Assert.Single(Quarantined(), record => record.original.AsSpan().SequenceEqual(unplaced)).encoding);
    }

    [Fact]
    public async Task Post_AFormWithJsonInPayload_IsMappedAsThatJson()
    {
        var json = Encoding.UTF8.GetString(VendorSample.Body("github", "star.created"));
        var body = Encoding.UTF8.GetBytes("payload=" + WebUtility.UrlEncode(json));
        var headers = With(VendorSample.Headers("github", "star.created"), VendorSample.Signature("github", body, DateTime.UtcNow));
        headers["x-github-delivery"] = "as-form";

        await AssertAnswerAsync(200, Success, await host.PostAsync("github", body, headers, contentType: "application/x-www-form-urlencoded"));

        Assert.Equal("star.created", Assert.Single(Collected(), envelope => envelope.messageId == "as-form-2").@event);
    }

    [Fact]
    public async Task Get_TheQuery_IsThePayloadWithoutItsCredentials()
    {
        await AssertAnswerAsync(200, Success, await host.Kafka.Host.Client.GetAsync("/v1/webhook?writeKey=parameter&token=password&user=u1&what=opened&id=get-1", TestContext.Current.CancellationToken));
        Assert.Equal("opened", Assert.Single(Collected(), envelope => envelope.messageId == "get-1").@event);

        await host.Kafka.Host.Client.GetAsync("/v1/webhook?a=%20&writeKey=parameter&token=password&get=2", TestContext.Current.CancellationToken);
        Assert.Single(Quarantined(), record => Encoding.UTF8.GetString(record.original) == "a=%20&get=2" && record.encoding == "form");

        await AssertRefusedAsync(400, "empty_body", await host.Kafka.Host.Client.GetAsync("/v1/webhook?writeKey=parameter&token=password", TestContext.Current.CancellationToken));
        await AssertRefusedAsync(401, "bad_secret", await host.Kafka.Host.Client.GetAsync("/v1/webhook?writeKey=parameter&token=guess&user=u1", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_ASignedBodyBesideAQuery_TakesNothingOfTheQuery()
    {
        var body = """{"zen":"signed"}"""u8.ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/webhook?writeKey=github&forged=yes") { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in VendorSample.Signature("github", body, DateTime.UtcNow)) request.Headers.TryAddWithoutValidation(name, value);

        using var response = await host.Kafka.Host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain(Quarantined(), record => Encoding.UTF8.GetString(record.original).Contains("forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_SomeItemsThatCannotBePlacedAndNothingLeftOfTheRate_KeepsTheWhole()
    {
        var body = """[{"id":"slow-1","user":"u1"},{"id":"slow-2","user":"u2"},{"id":"slow-3"}]"""u8.ToArray();

        using var response = await host.PostAsync("slow", body, []);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(Quarantined(), record => record.original.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public async Task Post_SlacksChallenge_IsSentBackOnceSlackHasProvedItself()
    {
        var body = """{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"""u8.ToArray();

        await AssertAnswerAsync(200, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", await host.PostAsync("slack", body, VendorSample.Signature("slack", body, DateTime.UtcNow)));
        await AssertRefusedAsync(401, "stale_signature", await host.PostAsync("slack", body, VendorSample.Signature("slack", body, DateTime.UtcNow.AddMinutes(-6))));
    }

    [Fact]
    public async Task Post_BasicAuthentication_IsWriteKeyAndSecret()
    {
        await AssertAnswerAsync(200, Success, await SendAsync("basic", "password", "/v1/webhook"));
        await AssertAnswerAsync(200, Success, await SendAsync("anybody", "password", "/v1/webhook?writeKey=basic"));
        await AssertRefusedAsync(401, "bad_secret", await SendAsync("basic", "guess", "/v1/webhook"));

        Task<HttpResponseMessage> SendAsync(string user, string password, string path)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
            return host.Kafka.Host.Client.SendAsync(request);
        }
    }

    [Fact]
    public async Task Post_NoSuchSource_IsRefused()
    {
        await AssertRefusedAsync(404, "no_webhooks", await host.PostAsync("WK", "{}"u8.ToArray(), []));
        await AssertRefusedAsync(404, "source_disabled", await host.PostAsync("OFF", "{}"u8.ToArray(), []));
        await AssertRefusedAsync(401, "unknown_write_key", await host.PostAsync("nobody", "{}"u8.ToArray(), []));
        await AssertRefusedAsync(401, "no_write_key", await host.PostAsync("", "{}"u8.ToArray(), []));
        await AssertRefusedAsync(400, "invalid_json", await host.PostAsync("each", "<xml/>"u8.ToArray(), []));
        await AssertRefusedAsync(404, "only_webhooks", await host.Kafka.Host.PostAsync("/v1/track", """{"userId":"u1"}""", "each"));
    }

    private List<Event> Collected() => [.. host.Kafka.Read(Topics.EventsCollected).Select(record => ((CollectedEvent)record.Value).envelope)];

    private List<QuarantinedEvent> Quarantined() => [.. host.Kafka.Read(Topics.EventsQuarantined).Select(record => (QuarantinedEvent)record.Value)];

    private static Dictionary<string, string> With(Dictionary<string, string> headers, Dictionary<string, string> more) => headers.Concat(more).ToDictionary();

    private static async Task AssertAnswerAsync(int status, string body, HttpResponseMessage response)
    {
        using (response) Assert.Equal((status, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    private static async Task AssertRefusedAsync(int status, string code, HttpResponseMessage response)
    {
        using (response) Assert.Equal((status, code), ((int)response.StatusCode, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]));
    }
}
