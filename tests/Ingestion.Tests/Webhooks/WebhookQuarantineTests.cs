using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

/// <summary>Payloads that cannot be mapped to events are answered with 200 and quarantined with their bytes, so that the sender does not retry them.</summary>
[Trait("tier", "integration")]
public sealed class WebhookQuarantineTests(WebhookHost host) : IClassFixture<WebhookHost>
{
    [Fact]
    public async Task Post_NoMatchingRule_QuarantinesTheBytesAndReturns200()
    {
        var body = """{ "id" : "evt_1", "type":"unheard.of" }"""u8.ToArray();
        var headers = VendorSample.Signature("stripe", body, DateTime.UtcNow);
        (headers["X-Extra"], headers["Cookie"]) = ("kept", "secret");

        await host.PostAsync("stripe", body, headers)
            .AssertAnswerAsync(
                200,
                """{"success":true,"accepted":0,"rejected":[{"index":0,"code":"unplaced","message":"none of the 4 rules applies"}],"rejectedCount":1}""");

        var kept = host.FindQuarantined(body);
        Assert.Equal(("stripe", "json", "kept"), (kept.sourceId, kept.encoding, kept.headers["x-extra"]));
        var violation = Assert.Single(kept.violations);
        Assert.Equal(("unplaced", "", "none of the 4 rules applies"), (violation.kind, violation.path, violation.message));
        Assert.DoesNotContain(kept.headers.Keys, name => name is "cookie" or "authorization");
    }

    [Fact]
    public async Task Post_RuleWithoutIdentifier_QuarantinesThePayloadWithThePath()
    {
        var body = """{"id":"evt_2","type":"customer.created","data":{}}"""u8.ToArray();

        await host.PostAsync("stripe", body, VendorSample.Signature("stripe", body, DateTime.UtcNow)).AssertStatusAsync(200);

        var violation = Assert.Single(host.FindQuarantined(body).violations);
        Assert.Equal("stripe:{$.data.object.id}", violation.path);
        Assert.Matches(
            @"^the rule at stripe\.preset\.yaml:\d+ applies, but anonymousId \(stripe:\{\$\.data\.object\.id\}\) found no value$",
            violation.message);
    }

    [Fact]
    public async Task Post_SomeUnplacedItems_CollectsTheOthersAndQuarantinesTheWhole()
    {
        var body = """[{"id":"each-1","user":"u1"},{"id":"each-2"},{"id":"each-3","user":"u3"}]"""u8.ToArray();

        await host.PostAsync("each", body, [])
            .AssertAnswerAsync(
                200,
                """{"success":true,"accepted":2,"rejected":[{"index":1,"code":"unplaced","message":"item 1: the rule at each.yaml:5 applies, but """
                + """userId ($item.user) found no value"}],"rejectedCount":1}""");

        Assert.Equal(
            ["each-1", "each-3"],
            host.Kafka.CollectedEvents().Select(e => e.messageId).Where(id => id.StartsWith("each-", StringComparison.Ordinal)).Order());
        host.FindQuarantined(body);
    }

    [Fact]
    public async Task Post_MappedEventTooLarge_QuarantinesThePayload()
    {
        var body = Encoding.UTF8.GetBytes($$"""[{"id":"large","user":"u1","size":"{{new string('x', 40_000)}}"}]""");

        await host.PostAsync("each", body, []).AssertStatusAsync(200);

        Assert.Contains(
            "mapped event 0 was refused: request size exceeds max limit",
            host.FindQuarantined(body).violations[0].message);
    }

    [Fact]
    public async Task Post_UnplacedItemsOverTheRate_QuarantinesTheWhole()
    {
        var body = """[{"id":"slow-1","user":"u1"},{"id":"slow-2","user":"u2"},{"id":"slow-3"}]"""u8.ToArray();

        await host.PostAsync("slow", body, []).AssertStatusAsync(200);

        host.FindQuarantined(body);
    }
}
