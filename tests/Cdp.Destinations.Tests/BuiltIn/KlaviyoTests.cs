using System.Text;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class KlaviyoTests
{
    private const string Settings = """{"api_key":"k-1"}""";

    [Fact]
    public async Task SendAsync_Event_IsAJsonApiDocument()
    {
        await using var vendor = await Vendor.StartAsync("klaviyo", Settings, Answer);
        var order = Vendor.With(Samples.Order, """{"properties":{"revenue":18,"currency":"EUR"}}""");
        Assert.Equal(["202"], Vendor.Short(await vendor.SendAsync(vendor.Item(order, 4))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal(("https://a.klaviyo.com/api/events", "application/vnd.api+json", "2026-04-15"),
            (request.Url, request.Header("Content-Type"), request.Header("revision")));
        Vendor.AssertJson("""
            {"data":{"type":"event","attributes":{"unique_id":"00000000000000000000000000000004","time":"2026-03-01T11:59:30.25Z","value":18,"value_currency":"EUR",
              "properties":{"revenue":18,"currency":"EUR"},"metric":{"data":{"type":"metric","attributes":{"name":"Order Completed"}}},
              "profile":{"data":{"type":"profile","attributes":{"external_id":"u1","anonymous_id":"a1","email":"Ada@Example.COM","phone_number":"+436601234567"}}}}}}
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_Customer_UpsertsTheProfile()
    {
        await using var vendor = await Vendor.StartAsync("klaviyo", Settings, Answer);
        Assert.Equal(["201"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://a.klaviyo.com/api/profile-import", request.Url);
        var attributes = request.Json.GetProperty("data").GetProperty("attributes");
        Assert.Equal(["u1", "+436601234567", "Ada"],
            new[] { "external_id", "phone_number", "first_name" }.Select(name => attributes.GetProperty(name).GetString()));
    }

    [Fact]
    public async Task SendAsync_EventThatKlaviyoRefuses_NamesTheFieldAndTheReason()
    {
        await using var vendor = await Vendor.StartAsync("klaviyo", Settings, Answer);
        var nobody = Vendor.With(Samples.Event, """{"userId":null,"anonymousId":null}""");
        var result = await vendor.SendAsync(vendor.Item(nobody));
        Assert.Equal("HTTP 400 A profile needs an identifier.: /data/attributes/profile", Vendor.Reason(result.Items[0]));
    }

    [Theory]
    [InlineData("12", "retry 429 12s")]
    [InlineData(null, "retry 429 10s")]
    public async Task SendAsync_TooManyRequests_WaitsAsKlaviyoAsks(string? after, string expected)
    {
        var answer = after is null ? new FakeAnswer(429) : new FakeAnswer(429, "", ("Retry-After", after));
        await using var vendor = await Vendor.StartAsync("klaviyo", Settings, _ => answer);
        Assert.Equal([expected], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event))));
    }

    [Fact]
    public async Task DeleteAsync_Profile_IsNamedByOneIdentifier()
    {
        await using var vendor = await Vendor.StartAsync("klaviyo", Settings, Answer);
        Assert.Equal(["202"], Vendor.Short(await vendor.DeleteAsync("u1")));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://a.klaviyo.com/api/data-privacy-deletion-jobs", request.Url);
        Vendor.AssertJson("""
            {"data":{"type":"data-privacy-deletion-job","attributes":{"profile":{"data":{"type":"profile","attributes":{"email":"u1@example.com"}}}}}}
            """, request.Json);
    }

    // Klaviyo: Create Event, Create or Update Profile, Request Profile Deletion.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Header("Authorization") != "Klaviyo-API-Key k-1") return Error(401, "Missing or invalid private key.", "/data/");
        if (request.Header("revision") is null) return Error(400, "The revision header is required.", "/data/");
        if (request.Header("Content-Type") != "application/vnd.api+json") return Error(415, "The media type is not supported.", "/data/");
        if (Encoding.UTF8.GetByteCount(request.Body) > 5_000_000) return Error(413, "The payload is too large.", "/data/");
        var attributes = request.Json.GetProperty("data").GetProperty("attributes");
        switch (new Uri(request.Url).AbsolutePath)
        {
            case "/api/events":
                var profile = attributes.GetProperty("profile").GetProperty("data").GetProperty("attributes");
                return profile.EnumerateObject().Any() ? new FakeAnswer(202) : Error(400, "A profile needs an identifier.", "/data/attributes/profile");
            case "/api/profile-import":
                return new FakeAnswer(201, "{}");
            case "/api/data-privacy-deletion-jobs":
                var identifiers = attributes.GetProperty("profile").GetProperty("data").GetProperty("attributes").EnumerateObject().Count();
                return identifiers == 1 ? new FakeAnswer(202) : Error(400, "Exactly one identifier is required.", "/data/attributes/profile");
            default:
                return new FakeAnswer(404);
        }
    }

    private static FakeAnswer Error(int status, string detail, string pointer) =>
        new(status, $$$"""{"errors":[{"status":{{{status}}},"code":"invalid","detail":"{{{detail}}}","source":{"pointer":"{{{pointer}}}"}}]}""");
}
