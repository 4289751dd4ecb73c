using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

/// <summary>Requests of vendors: which ones are accepted, and the resulting events.</summary>
[Trait("tier", "integration")]
public sealed class WebhookEndpointTests(WebhookHost host) : IClassFixture<WebhookHost>
{
    [Fact]
    public async Task Post_PublishedVendorSamples_AreCollected()
    {
        var expected = new List<(string Source, string MessageId)>();
        foreach (var (vendor, name) in VendorSample.All)
        {
            var body = VendorSample.Body(vendor, name);
            var headers = With(VendorSample.Headers(vendor, name), VendorSample.Signature(vendor, body, DateTime.UtcNow));
            if (vendor == "github") headers["x-github-delivery"] = name;
            using var response = await host.PostAsync(vendor, body, headers);
            var answer = await response.ReadJsonAsync();
            // The answer may contain a warning: one of the samples is dated 2099.
            Assert.Equal((200, true, null), ((int)response.StatusCode, (bool)answer["success"]!, answer["rejected"]));
            var events = VendorSample.Presets[vendor].Map(VendorSample.Payload(body, headers)).Events;
            expected.AddRange(events.Select(made => (vendor, (string)JsonNode.Parse(made)!["messageId"]!)));
        }

        var collected = host.Kafka.CollectedEvents();
        Assert.Empty(expected.Except(collected.Select(e => (e.sourceId, e.messageId))));
        var ofVendors = collected.Where(e => VendorSample.Presets.ContainsKey(e.sourceId)).ToList();
        Assert.All(ofVendors, e => Assert.StartsWith(e.sourceId + ":", e.anonymousId, StringComparison.Ordinal));
        // No IP address is recorded: the caller's is the vendor's, not the customer's.
        Assert.All(ofVendors, e => Assert.DoesNotContain("\"ip\"", e.context));
    }

    [Fact]
    public async Task Post_TamperedOrStaleSample_IsRefusedAndWritesNothing()
    {
        var before = host.Kafka.CollectedEvents().Count + host.Kafka.QuarantinedEvents().Count;
        (string Vendor, string Name)[] samples =
            [("stripe", "invoice.paid"), ("github", "issues.opened"), ("shopify", "orders-create"), ("zendesk", "ticket.created")];
        foreach (var (vendor, name) in samples)
        {
            var body = VendorSample.Body(vendor, name);
            var tampered = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace("\"id\"", "\"tampered\": true, \"id\"", StringComparison.Ordinal));
            var headers = VendorSample.Headers(vendor, name);
            var signed = With(headers, VendorSample.Signature(vendor, body, DateTime.UtcNow));
            var signedWithAnotherSecret = With(headers, VendorSample.Signature(vendor, body, DateTime.UtcNow, "another"));
            var signedEarlier = With(headers, VendorSample.Signature(vendor, body, DateTime.UtcNow.AddMinutes(-6)));

            await host.PostAsync(vendor, tampered, signed).AssertRefusedAsync(401, "bad_signature");
            await host.PostAsync(vendor, body, signedWithAnotherSecret).AssertRefusedAsync(401, "bad_signature");
            await host.PostAsync(vendor, body, headers).AssertRefusedAsync(401, "no_signature");
            // GitHub and Shopify do not sign a time. A replayed delivery has the same messageId and is removed as a duplicate.
            if (vendor is "stripe" or "zendesk") await host.PostAsync(vendor, body, signedEarlier).AssertRefusedAsync(401, "stale_signature");
        }

        Assert.Equal(before, host.Kafka.CollectedEvents().Count + host.Kafka.QuarantinedEvents().Count);
    }

    [Fact]
    public async Task Post_SentTwice_HasTheSameMessageIds()
    {
        var body = VendorSample.Body("github", "star.created");
        var headers = With(VendorSample.Headers("github", "star.created"), VendorSample.Signature("github", body, DateTime.UtcNow));
        headers["x-github-delivery"] = "again";

        await host.PostAsync("github", body, headers).AssertSuccessAsync();
        await host.PostAsync("github", body, headers).AssertSuccessAsync();

        Assert.Equal(
            ["again", "again", "again-2", "again-2"],
            host.Kafka.CollectedEvents().Select(e => e.messageId).Where(id => id.StartsWith("again", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Post_Form_IsMappedAndQuarantinedAsAForm()
    {
        const string Form = "application/x-www-form-urlencoded";
        await host.PostAsync("parameter", "user=u1&what=signed+up&id=form-1"u8.ToArray(), new() { ["X-Extra"] = "x" }, "&token=password&plan=pro", Form)
            .AssertSuccessAsync();
        var e = host.Kafka.FindCollected("form-1");
        Assert.Equal(
            ("u1", "signed up", """{"query":{"plan":"pro"},"body":{"user":"u1","what":"signed up","id":"form-1"},"header":"x"}"""),
            (e.userId, e.@event, e.properties));

        var unplaced = "nobody=1"u8.ToArray();
        await host.PostAsync("parameter", unplaced, [], "&token=password", Form).AssertStatusAsync(200);
        Assert.Equal("form", host.FindQuarantined(unplaced).encoding);
    }

    [Fact]
    public async Task Post_FormWithJsonInPayload_IsMappedAsJson()
    {
        var json = Encoding.UTF8.GetString(VendorSample.Body("github", "star.created"));
        var body = Encoding.UTF8.GetBytes("payload=" + WebUtility.UrlEncode(json));
        var headers = With(VendorSample.Headers("github", "star.created"), VendorSample.Signature("github", body, DateTime.UtcNow));
        headers["x-github-delivery"] = "as-form";

        await host.PostAsync("github", body, headers, contentType: "application/x-www-form-urlencoded").AssertSuccessAsync();

        Assert.Equal("star.created", host.Kafka.FindCollected("as-form-2").@event);
    }

    [Fact]
    public async Task Get_Query_IsThePayloadWithoutItsCredentials()
    {
        await host.GetAsync("writeKey=parameter&token=password&user=u1&what=opened&id=get-1").AssertSuccessAsync();
        Assert.Equal("opened", host.Kafka.FindCollected("get-1").@event);

        await host.GetAsync("a=%20&writeKey=parameter&token=password&get=2").AssertStatusAsync(200);
        Assert.Equal("form", host.FindQuarantined("a=%20&get=2"u8.ToArray()).encoding);

        await host.GetAsync("writeKey=parameter&token=password").AssertRefusedAsync(400, "empty_body");
        await host.GetAsync("writeKey=parameter&token=guess&user=u1").AssertRefusedAsync(401, "bad_secret");
    }

    [Fact]
    public async Task Get_SignedBodyAndQuery_IgnoresTheQuery()
    {
        var body = """{"zen":"signed"}"""u8.ToArray();
        var headers = VendorSample.Signature("github", body, DateTime.UtcNow).Select(header => $"{header.Key}: {header.Value}");

        await host.Kafka.Host.SendAsync(HttpMethod.Get, "/v1/webhook?writeKey=github&forged=yes", new ByteArrayContent(body), [.. headers])
            .AssertStatusAsync(200);

        Assert.DoesNotContain(
            host.Kafka.QuarantinedEvents(),
            record => Encoding.UTF8.GetString(record.original).Contains("forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_SignedSlackChallenge_IsReturned()
    {
        const string Challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
        var body = Encoding.UTF8.GetBytes($$"""{"token":"x","challenge":"{{Challenge}}","type":"url_verification"}""");
        var stale = VendorSample.Signature("slack", body, DateTime.UtcNow.AddMinutes(-6));

        await host.PostAsync("slack", body, VendorSample.Signature("slack", body, DateTime.UtcNow)).AssertAnswerAsync(200, Challenge);
        await host.PostAsync("slack", body, stale).AssertRefusedAsync(401, "stale_signature");
    }

    [Fact]
    public async Task Post_BasicAuthentication_CarriesWriteKeyAndSecret()
    {
        await SendAsync("basic", "password", "/v1/webhook").AssertSuccessAsync();
        await SendAsync("anybody", "password", "/v1/webhook?writeKey=basic").AssertSuccessAsync();
        await SendAsync("basic", "guess", "/v1/webhook").AssertRefusedAsync(401, "bad_secret");

        Task<HttpResponseMessage> SendAsync(string user, string password, string path) =>
            host.Kafka.Host.SendAsync(
                HttpMethod.Post,
                path,
                new StringContent("{}"),
                $"Authorization: {IngestionHost.BasicAuthentication(user, password)}");
    }

    [Fact]
    public async Task Post_InvalidSourceOrBody_IsRefused()
    {
        await host.PostAsync("WK", "{}"u8.ToArray(), []).AssertRefusedAsync(404, "no_webhooks");
        await host.PostAsync("OFF", "{}"u8.ToArray(), []).AssertRefusedAsync(404, "source_disabled");
        await host.PostAsync("nobody", "{}"u8.ToArray(), []).AssertRefusedAsync(401, "unknown_write_key");
        await host.PostAsync("", "{}"u8.ToArray(), []).AssertRefusedAsync(401, "no_write_key");
        await host.PostAsync("each", "<xml/>"u8.ToArray(), []).AssertRefusedAsync(400, "invalid_json");
        await host.Kafka.Host.PostAsync("/v1/track", """{"userId":"u1"}""", "each").AssertRefusedAsync(404, "only_webhooks");
    }

    private static Dictionary<string, string> With(Dictionary<string, string> headers, Dictionary<string, string> more) => headers.Concat(more).ToDictionary();
}
