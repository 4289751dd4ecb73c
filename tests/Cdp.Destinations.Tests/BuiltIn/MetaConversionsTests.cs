using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class MetaConversionsTests
{
    private const string Settings = """{"pixel_id":"123","access_token":"t-1"}""";

    [Fact]
    public async Task SendAsync_Order_IsAPurchaseWithHashedPersonalData()
    {
        await using var vendor = await Vendor.StartAsync("meta-conversions", Settings, Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://graph.facebook.com/v24.0/123/events?access_token=t-1", request.Url);
        Vendor.AssertJson($$$"""
            {"data":[{"event_name":"Purchase","event_time":1772366370,"event_id":"m1","action_source":"website","event_source_url":"https://shop.example/thanks",
              "user_data":{"em":"{{{Sha256("ada@example.com")}}}","ph":"{{{Sha256("436601234567")}}}","fn":"{{{Sha256("ada")}}}",
                "external_id":"{{{Sha256("u1")}}}",
                "client_ip_address":"203.0.113.7","client_user_agent":"Mozilla/5.0"},
              "custom_data":{"value":20.5,"currency":"EUR","order_id":"o-1","content_type":"product",
                "contents":[{"id":"s1","quantity":2,"item_price":10.25}]}}]}
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_EmailThatIsHashedAlready_IsNotHashedAgain()
    {
        await using var vendor = await Vendor.StartAsync("meta-conversions", Settings, Answer);
        var hashed = Vendor.With(Samples.Order, $$$$"""{"context":{"traits":{"email":"{{{{Sha256("ada@example.com")}}}}"}}}""");
        await vendor.SendAsync(vendor.Item(hashed));
        var user = Assert.Single(vendor.Requests).Json.GetProperty("data")[0].GetProperty("user_data");
        Assert.Equal(Sha256("ada@example.com"), user.GetProperty("em").GetString());
    }

    [Fact]
    public async Task SendAsync_OneBadEventOfMany_RefusesTheWholeSoThatItIsHalved()
    {
        await using var vendor = await Vendor.StartAsync("meta-conversions", Settings, Answer);
        var old = Vendor.With(Samples.Order, """{"timestamp":"2026-02-01T00:00:00Z"}""");
        var result = await vendor.SendAsync(vendor.Item(Samples.Order, 1), vendor.Item(old, 2));
        Assert.True(result.IsWhole);
        Assert.Equal(["refused 400", "refused 400"], Vendor.Short(result));
        Assert.Equal("HTTP 400 Invalid parameter: Event Timestamp Too Old", Vendor.Reason(result.Items[0]));
    }

    [Theory]
    [InlineData("""{"error":{"message":"Too many calls","code":80004}}""", "retry 400 60s")]
    [InlineData("""{"error":{"message":"User request limit reached","code":17,"is_transient":false}}""", "retry 400 60s")]
    [InlineData("""{"error":{"message":"An unexpected error","code":99,"is_transient":true}}""", "retry 400")]
    [InlineData("""{"error":{"message":"Invalid OAuth access token.","code":190}}""", "refused 400")]
    public async Task SendAsync_Errors_ArePassingOrFinalByTheirCode(string body, string expected)
    {
        await using var vendor = await Vendor.StartAsync("meta-conversions", Settings, _ => new FakeAnswer(400, body));
        Assert.Equal([expected], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
    }

    [Fact]
    public void Batch_Events_AreAThousandAtMost()
    {
        using var destination = Vendor.Create("meta-conversions", Settings);
        Assert.Equal(1_000, destination.Batch("send_event").Items);
        Assert.Null(destination.Description.Deletion);
    }

    // Meta: Conversions API, Using the API; Customer information parameters.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        var url = new Uri(request.Url);
        if (url.AbsolutePath != "/v24.0/123/events") return new FakeAnswer(404);
        if (url.Query != "?access_token=t-1") return new FakeAnswer(400, """{"error":{"message":"Invalid OAuth access token.","code":190}}""");
        var events = request.Json.GetProperty("data").EnumerateArray().ToList();
        if (events.Count > 1_000) return Invalid("Too many events");
        foreach (var item in events)
        {
            if (item.GetProperty("event_time").GetInt64() < Vendor.Now.ToUnixTimeSeconds() - (7 * 86_400)) return Invalid("Event Timestamp Too Old");
            string[] hashed = ["em", "ph", "fn", "ln", "ct", "st", "zp", "country"];
            var user = item.GetProperty("user_data");
            if (hashed.Any(name => user.TryGetProperty(name, out var value) && value.GetString()!.Length != 64)) return Invalid("personal data is not hashed");
        }
        return new FakeAnswer(200, JsonSerializer.Serialize(new { events_received = events.Count, messages = Array.Empty<string>(), fbtrace_id = "x" }));
    }

    private static FakeAnswer Invalid(string message) => new(
        400, $$$"""{"error":{"message":"Invalid parameter","type":"OAuthException","code":100,"is_transient":false,"error_user_msg":"{{{message}}}"}}""");

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
