using System.Text;
using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class AmplitudeTests
{
    private const string Settings = """{"api_key":"key-1","secret_key":"secret-1","batch_items":2000}""";

    [Fact]
    public async Task SendAsync_Events_AreSentAsTheApiTakesThem()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", Settings, Answer);
        Assert.Equal(["200", "200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order, 1), vendor.Item(Samples.Anonymous, 2))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal(("POST", "https://api2.amplitude.com/2/httpapi"), (request.Method, request.Url));
        Vendor.AssertJson("""
            {"user_id":"u1","device_id":"a1","event_type":"Order Completed","time":1772366370250,"ip":"203.0.113.7","language":"de-AT",
             "session_id":-1,"revenue":18,
             "insert_id":"00000000000000000000000000000001",
             "event_properties":{"order_id":"o-1","total":20.5,"revenue":18,"currency":"EUR","gclid":"g1",
               "products":[{"product_id":"s1","name":"Shoe","price":"10.25","quantity":2}]}}
            """, request.Json.GetProperty("events")[0]);
        Assert.Equal("key-1", request.Json.GetProperty("api_key").GetString());
    }

    [Fact]
    public async Task SendAsync_EventsThatAmplitudeRefuses_RetriesTheOthersOnly()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", Settings, Answer);
        var bad = Vendor.Item(vendor.Destination, Vendor.With(Samples.Event, """{"userId":"anonymous"}"""), 2);
        var result = await vendor.SendAsync(vendor.Item(Samples.Event, 1), bad, vendor.Item(Samples.Event, 3));
        Assert.Equal(["retry 400", "refused 400", "retry 400"], Vendor.Short(result));
        Assert.False(result.IsWhole);
        Assert.Equal("HTTP 400 events_with_invalid_id_lengths.user_id.0", Vendor.Reason(result.Items[1]));
    }

    [Fact]
    public async Task SendAsync_TooManyEventsOfAUser_WaitsThirtySeconds()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", Settings, Answer);
        var items = Enumerable.Range(0, 31).Select(number => vendor.Item(Samples.Event, number)).ToList();
        Assert.All(Vendor.Short(await vendor.SendAsync(items)), result => Assert.Equal("retry 429 30s", result));
    }

    [Fact]
    public async Task SendAsync_RequestAboveTheLimit_IsRefusedAsAWholeAndNotSent()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", Settings, Answer);
        var large = Vendor.With(Samples.Event, $$$"""{"properties":{"text":"{{{new string('x', 600_000)}}}"}}""");
        var result = await vendor.SendAsync(vendor.Item(large, 1), vendor.Item(large, 2));
        Assert.True(result.IsWhole);
        Assert.Equal(["refused 413", "refused 413"], Vendor.Short(result));
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task Batch_Events_StaysWithinTheLimits()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", """{"api_key":"k"}""", Answer);
        Assert.Equal((100, true), (vendor.Destination.Batch("log_event").Items, vendor.Destination.Batch("log_event").Bytes < 1_000_000));
    }

    [Fact]
    public async Task DeleteAsync_Users_AreDeletedThroughThePrivacyApi()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", Vendor.With(Settings, """{"region":"eu"}"""), Answer);
        Assert.Equal(["200", "200"], Vendor.Short(await vendor.DeleteAsync("u1", "u2")));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://analytics.eu.amplitude.com/api/2/deletions/users", request.Url);
        Vendor.AssertJson("""{"user_ids":["u1","u2"],"requester":"cdp","ignore_invalid_id":"true"}""", request.Json);
        Assert.Equal(100, vendor.Destination.Description.Deletion!.Items);
    }

    [Fact]
    public async Task DeleteAsync_WithoutTheSecretKey_NamesTheMissingSetting()
    {
        await using var vendor = await Vendor.StartAsync("amplitude", """{"api_key":"k"}""", Answer);
        var result = await vendor.DeleteAsync("u1");
        Assert.Equal("not sent: to delete at Amplitude, set secret_key", Vendor.Reason(result.Items[0]));
        Assert.Empty(vendor.Requests);
    }

    // Amplitude: HTTP V2 API; User Privacy API.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Url.EndsWith("/api/2/deletions/users", StringComparison.Ordinal))
        {
            var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("key-1:secret-1"))}";
            if (request.Header("Authorization") != basic) return new FakeAnswer(403);
            if (request.Json.GetProperty("user_ids").GetArrayLength() > 100) return new FakeAnswer(400);
            return new FakeAnswer(200, """[{"day":"2026-03-11","status":"staging"}]""");
        }
        if (request.Url is not ("https://api2.amplitude.com/2/httpapi" or "https://api.eu.amplitude.com/2/httpapi")) return new FakeAnswer(404);
        if (request.Header("Content-Type") != "application/json") return new FakeAnswer(400, """{"code":400,"error":"invalid JSON"}""");
        if (Encoding.UTF8.GetByteCount(request.Body) > 1_000_000) return new FakeAnswer(413, """{"code":413,"error":"Payload too large"}""");
        if (request.Json.GetProperty("api_key").GetString() != "key-1") return new FakeAnswer(400, """{"code":400,"error":"Invalid API key: ..."}""");
        var events = request.Json.GetProperty("events").EnumerateArray().ToList();
        if (events.Count > 2_000) return new FakeAnswer(413, """{"code":413,"error":"Payload too large"}""");
        var invalid = events.Index().Where(item => !HasId(item.Item)).Select(item => item.Index).ToList();
        if (invalid.Count > 0)
        {
            return new FakeAnswer(400, JsonSerializer.Serialize(new
            {
                code = 400,
                error = "Invalid id length for user_id or device_id",
                events_with_invalid_id_lengths = new { user_id = invalid },
                silenced_events = Array.Empty<int>(),
            }));
        }
        var busy = events.Where(item => item.TryGetProperty("user_id", out _)).GroupBy(item => item.GetProperty("user_id").GetString()!)
            .Where(same => same.Count() > 30).ToDictionary(same => same.Key, same => same.Count());
        if (busy.Count > 0)
        {
            var answer = new { code = 429, error = "Too many requests for some devices and users", eps_threshold = 30, throttled_users = busy };
            return new FakeAnswer(429, JsonSerializer.Serialize(answer));
        }
        return new FakeAnswer(200, JsonSerializer.Serialize(new { code = 200, events_ingested = events.Count }));

        static bool HasId(JsonElement item) =>
            item.TryGetProperty("user_id", out var id) ? id.GetString() != "anonymous" : item.TryGetProperty("device_id", out _);
    }
}
