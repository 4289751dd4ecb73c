using System.Text;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class WebhookTests
{
    private const string Settings =
        """{"url":"https://example.com/hook?a=b%20c","secret":"shared","headers":{"Authorization":"Bearer T0ken","X-Team":"crm"}}""";

    [Fact]
    public async Task SendAsync_Event_IsSentUnchangedWithKeySignatureAndTrace()
    {
        await using var vendor = await Vendor.StartAsync("webhook", Settings, _ => new FakeAnswer(204));
        // Neither the notation of numbers nor escapes nor white space of the sender change.
        const string Written = """{"type":"track", "event":"a","properties":{"n":1.50,"big":12345678901234567890,"s":"\u00e9\/<>"}}""";
        Assert.Equal(["204"], Vendor.Short(await vendor.SendAsync(vendor.Item(Written, 7))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal(("POST", "https://example.com/hook?a=b%20c", Written), (request.Method, request.Url, request.Body));
        Assert.Equal(
            ["00000000000000000000000000000007", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Bearer T0ken", "crm", "application/json"],
            new[] { "Idempotency-Key", "traceparent", "Authorization", "X-Team", "Content-Type" }.Select(request.Header));
        Assert.True(Signature.Verify("shared", request.Header(Signature.Header)!, Encoding.UTF8.GetBytes(request.Body), Vendor.Now, TimeSpan.Zero));
    }

    [Fact]
    public async Task SendAsync_WithoutSecret_IsNotSigned()
    {
        await using var vendor = await Vendor.StartAsync("webhook", """{"url":"https://example.com/"}""", _ => new FakeAnswer(200));
        await vendor.SendAsync(vendor.Item(Samples.Event));
        Assert.Null(Assert.Single(vendor.Requests).Header(Signature.Header));
    }

    [Fact]
    public async Task SendAsync_Batch_IsAListWithoutIdempotencyKey()
    {
        const string Batched = """{"url":"https://example.com/","batch_items":50,"method":"PUT"}""";
        await using var vendor = await Vendor.StartAsync("webhook", Batched, _ => new FakeAnswer(200));
        Assert.Equal(50, vendor.Destination.Batch("send").Items);
        await vendor.SendAsync(vendor.Item("""{"type":"track","event":"a"}""", 1), vendor.Item("""{"type":"track","event":"b"}""", 2));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal(("PUT", """[{"type":"track","event":"a"},{"type":"track","event":"b"}]"""), (request.Method, request.Body));
        Assert.Null(request.Header("Idempotency-Key"));
    }

    [Theory]
    [InlineData(200, "200")]
    [InlineData(302, "refused 302")]
    [InlineData(400, "refused 400")]
    [InlineData(401, "refused 401")]
    [InlineData(408, "retry 408")]
    [InlineData(413, "refused 413")]
    [InlineData(423, "retry 423")]
    [InlineData(429, "retry 429")]
    [InlineData(500, "retry 500")]
    [InlineData(501, "refused 501")]
    [InlineData(503, "retry 503")]
    public async Task SendAsync_Status_DecidesTheResult(int status, string expected)
    {
        await using var vendor = await Vendor.StartAsync("webhook", """{"url":"https://example.com/"}""", _ => new FakeAnswer(status, "why"));
        var result = await vendor.SendAsync(vendor.Item(Samples.Event));
        Assert.True(result.IsWhole);
        Assert.Equal([expected], Vendor.Short(result));
        if (status != 200) Assert.Equal($"HTTP {status} why", Vendor.Reason(result.Items[0]));
    }

    [Fact]
    public async Task SendAsync_ResponseThatRepeatsSecrets_IsMasked()
    {
        await using var vendor = await Vendor.StartAsync("webhook", Settings, request => new FakeAnswer(400, $"{request.Header("Authorization")} shared"));
        Assert.Equal("HTTP 400 *** ***", Vendor.Reason((await vendor.SendAsync(vendor.Item(Samples.Event))).Items[0]));
    }

    [Fact]
    public async Task SendAsync_Redirect_NamesTheAddress()
    {
        await using var vendor = await Vendor.StartAsync(
            "webhook", """{"url":"https://example.com/"}""", _ => new FakeAnswer(308, "", ("Location", "https://example.org/")));
        var reason = Vendor.Reason((await vendor.SendAsync(vendor.Item(Samples.Event))).Items[0]);
        Assert.StartsWith("HTTP 308 redirects to https://example.org/; redirects are not followed", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Preview_Event_ShowsTheRequestWithoutSecrets()
    {
        using var destination = Vendor.Create("webhook", Settings);
        Assert.Equal(
            """
            POST https://example.com/hook?a=b%20c
            Content-Type: application/json
            Idempotency-Key: 00000000000000000000000000000003
            traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
            Authorization: ***
            X-Team: ***
            X-Cdp-Signature: ***

            {"type":"track","event":"a"}

            """.ReplaceLineEndings("\n"),
            destination.Preview([Vendor.Item(destination, """{"type":"track","event":"a"}""", 3)]));
    }

    [Fact]
    public async Task DeleteAsync_Customer_SendsADeleteEvent()
    {
        await using var vendor = await Vendor.StartAsync("webhook", Settings, _ => new FakeAnswer(200));
        Assert.Equal(["200"], Vendor.Short(await vendor.DeleteAsync("u1")));
        var request = Assert.Single(vendor.Requests);
        Vendor.AssertJson("""{"type":"delete","messageId":"r-u1","userId":"u1","email":"u1@example.com","timestamp":"2026-03-01T12:00:00Z"}""", request.Json);
        Assert.Equal("r-u1", request.Header("Idempotency-Key"));
        Assert.True(Signature.Verify("shared", request.Header(Signature.Header)!, Encoding.UTF8.GetBytes(request.Body), Vendor.Now, TimeSpan.Zero));
    }
}
