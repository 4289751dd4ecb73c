using System.Text.Json;
using Cdp.Ingestion.Browser;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

[Trait("tier", "integration")]
public sealed class PixelEndpointTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Get_SegmentData_CollectsTheEvent()
    {
        var data = Convert.ToBase64String(
            JsonSerializer.SerializeToUtf8Bytes(
                new { writeKey = "WK", messageId = "mail-1", userId = "u1", @event = "Email Opened", properties = new { subject = "News" } }));
        await AssertImageAsync($"/v1/pixel/track?data={Uri.EscapeDataString(data)}");

        var e = kafka.FindCollected("mail-1");
        Assert.Equal(("track", "u1", "Email Opened", """{"subject":"News"}"""), (e.type, e.userId, e.@event, e.properties));
    }

    [Theory]
    [InlineData("/v1/pixel/{0}?writeKey=WK&anonymousId=pixel-{0}", "identify")]
    [InlineData("/v1/pixel/{0}?writeKey=WK&anonymousId=pixel-{0}", "screen")]
    [InlineData("/pixel/v1/{0}?writeKey=WK&anonymousId=pixel-{0}", "track")]
    [InlineData("/pixel/v1/{0}?writeKey=WK&anonymousId=pixel-{0}", "page")]
    public async Task Get_QueryParameters_CollectsTheEvent(string path, string type)
    {
        await AssertImageAsync(string.Format(null, path, type) + "&name=Home&context.page.path=%2Fhome&context.ip=1.2.3.4&userId=u+1");

        var e = Assert.Single(kafka.CollectedEvents(), e => e.anonymousId == $"pixel-{type}");
        Assert.Equal((type, "u 1", "Home", """{"page":{"path":"/home"},"ip":"1.2.3.4"}"""), (e.type, e.userId, e.name, e.context));
    }

    [Fact]
    public async Task Get_SameUrlTwice_CollectsTwoEvents()
    {
        for (var i = 0; i < 2; i++) await AssertImageAsync("/pixel/v1/track?writeKey=WK&anonymousId=twice&event=Email+Opened");

        Assert.Equal(2, kafka.CollectedEvents().Where(e => e.anonymousId == "twice").Select(e => e.messageId).Distinct().Count());
    }

    [Theory]
    [InlineData("/pixel/v1/track?anonymousId=a", "no_write_key")]
    [InlineData("/pixel/v1/track?writeKey=unknown&anonymousId=a", "unknown_write_key")]
    [InlineData("/pixel/v1/track?writeKey=OFF&anonymousId=a", "source_disabled")]
    [InlineData("/pixel/v1/track?writeKey=WK&event=E", "no_identifier")]
    [InlineData("/v1/pixel/track?data=%7B%7D&writeKey=WK", "invalid_encoding")]
    [InlineData("/v1/pixel/track?data=YWJj&writeKey=WK", "invalid_json")]
    public async Task Get_RefusedEvent_ReturnsTheImageAndTheCode(string path, string code) => await AssertImageAsync(path, code);

    private async Task AssertImageAsync(string path, string? refused = null)
    {
        using var response = await kafka.Host.Client.GetAsync(path, TestContext.Current.CancellationToken);
        var image = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            (200, "image/gif", "no-store"),
            ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Headers.CacheControl!.ToString()));
        // GIF89a, then the width and the height as two little-endian bytes each.
        Assert.Equal("GIF89a\u0001\0\u0001\0"u8, image.AsSpan(0, 10));
        Assert.Equal(refused, response.Headers.TryGetValues(PixelEndpoint.RefusedHeader, out var codes) ? codes.Single() : null);
    }
}
