using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class SlackTests
{
    private const string Settings = """{"webhook_url":"https://hooks.slack.com/services/T1/B1/x1"}""";

    [Fact]
    public async Task SendAsync_Order_PostsAMessage()
    {
        await using var vendor = await Vendor.StartAsync("slack", Settings, Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://hooks.slack.com/services/T1/B1/x1", request.Url);
        Vendor.AssertJson("""{"text":"Order o-1: 18 EUR"}""", request.Json);
    }

    [Fact]
    public async Task SendAsync_TextAboveTheLimit_IsNotSent()
    {
        await using var vendor = await Vendor.StartAsync("slack", Settings, Answer);
        var result = await vendor.SendAsync(Vendor.Payload("post_message", $$"""{"text":"{{new string('x', 40_001)}}"}"""));
        Assert.Equal("not sent: /text must have at most 40000 characters; fix the mapping or the event", Vendor.Reason(result.Items[0]));
    }

    [Theory]
    [InlineData(429, "rate_limited", "3", "retry 429 3s")]
    [InlineData(429, "rate_limited", null, "retry 429 1s")]
    [InlineData(404, "channel_not_found", null, "refused 404")]
    [InlineData(410, "channel_is_archived", null, "refused 410")]
    [InlineData(500, "rollup_error", null, "retry 500")]
    public async Task SendAsync_Errors_AreWords(int status, string word, string? after, string expected)
    {
        await using var vendor = await Vendor.StartAsync(
            "slack", Settings, _ => after is null ? new FakeAnswer(status, word) : new FakeAnswer(status, word, ("Retry-After", after)));
        var result = await vendor.SendAsync(vendor.Item(Samples.Order));
        Assert.Equal([expected], Vendor.Short(result));
        Assert.Equal($"HTTP {status} {word}", Vendor.Reason(result.Items[0]));
    }

    [Fact]
    public void Preview_Message_HidesTheWholeUrl()
    {
        using var destination = Vendor.Create("slack", Settings);
        Assert.StartsWith("POST ***\n", destination.Preview([Vendor.Item(destination, Samples.Order)]), StringComparison.Ordinal);
    }

    // Slack API: Sending messages using incoming webhooks.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Header("Content-Type") != "application/json") return new FakeAnswer(400, "invalid_payload");
        var hasText = request.Json.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String;
        return hasText ? new FakeAnswer(200, "ok") : new FakeAnswer(400, "no_text");
    }
}
