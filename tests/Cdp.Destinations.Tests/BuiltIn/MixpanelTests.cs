using System.Text;
using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class MixpanelTests
{
    private const string Settings = """{"project_token":"t-1","gdpr_token":"g-1"}""";

    [Fact]
    public async Task SendAsync_Events_AreSentAsTheApiTakesThem()
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, Answer);
        Assert.Equal(["200", "200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(Samples.Anonymous, 2))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://api.mixpanel.com/import?strict=1", request.Url);
        Vendor.AssertJson("""
            [{"event":"Article Read","properties":{"title":"On engines","nested":{"a":1},"time":1772366370000,"distinct_id":"u1","$user_id":"u1","$device_id":"a1",
               "$insert_id":"00000000000000000000000000000001","ip":"203.0.113.7"}},
             {"event":"Article Read","properties":{"title":"On engines","time":1772366370000,"distinct_id":"$device:a1","$device_id":"a1",
               "$insert_id":"00000000000000000000000000000002"}}]
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_EventsThatMixpanelRefuses_DeliversTheOthers()
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, Answer);
        var old = Vendor.With(Samples.Event, """{"timestamp":"1970-06-01T00:00:00Z"}""");
        var result = await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(old, 2));
        Assert.Equal(["400", "refused 400"], Vendor.Short(result));
        Assert.Equal("HTTP 400 'properties.time' is invalid: must be after 1971-01-01", Vendor.Reason(result.Items[1]));
    }

    [Fact]
    public async Task SendAsync_EventAboveTheLimit_IsNotSent()
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, Answer);
        var large = Vendor.With(Samples.Event, $$$"""{"properties":{"text":"{{{new string('x', 1_000_000)}}}"}}""");
        Assert.Equal(["refused 413", "200"], Vendor.Short(await vendor.SendAsync(vendor.Item(large, 1), vendor.Item(Samples.Event, 2))));
        Assert.Equal(2_000, vendor.Destination.Batch("track_event").Items);
    }

    [Theory]
    [InlineData(429, "retry 429 2s")]
    [InlineData(413, "refused 413")]
    [InlineData(401, "refused 401")]
    [InlineData(502, "retry 502")]
    public async Task SendAsync_OtherStatus_AppliesToTheWholeRequest(int status, string expected)
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, _ => new FakeAnswer(status, """{"code":1,"error":"why"}"""));
        var result = await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(Samples.Event, 2));
        Assert.True(result.IsWhole);
        Assert.Equal([expected, expected], Vendor.Short(result));
    }

    [Fact]
    public async Task SendAsync_Customer_SetsTheProfile()
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://api.mixpanel.com/engage?verbose=1", request.Url);
        var profile = request.Json[0];
        Assert.Equal(("t-1", "u1", "0", "Ada@Example.com"), (
            profile.GetProperty("$token").GetString(),
            profile.GetProperty("$distinct_id").GetString(),
            profile.GetProperty("$ip").GetString(),
            profile.GetProperty("$set").GetProperty("$email").GetString()));
    }

    [Fact]
    public async Task SendAsync_ProfileThatMixpanelRefusesWithStatus200_IsRefused()
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, _ => new FakeAnswer(200, """{"status":0,"error":"bad token"}"""));
        var result = await vendor.SendAsync(vendor.Item(Samples.Identify));
        Assert.Equal("HTTP 200 bad token", Vendor.Reason(result.Items[0]));
    }

    [Fact]
    public async Task DeleteAsync_Users_AreDeletedThroughTheGdprApi()
    {
        await using var vendor = await Vendor.StartAsync("mixpanel", Settings, Answer);
        Assert.Equal(["200", "200"], Vendor.Short(await vendor.DeleteAsync("u1", "u2")));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://mixpanel.com/api/app/data-deletions/v3.0/?token=t-1", request.Url);
        Vendor.AssertJson("""{"distinct_ids":["u1","u2"],"compliance_type":"GDPR"}""", request.Json);
        Assert.Equal(2_000, vendor.Destination.Description.Deletion!.Items);
    }

    // Mixpanel: Import Events; 400 Bad Request; Set Property; GDPR and CCPA API.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        var path = new Uri(request.Url).AbsolutePath;
        if (path.StartsWith("/api/app/data-deletions/v3.0", StringComparison.Ordinal))
        {
            if (request.Header("Authorization") != "Bearer g-1") return new FakeAnswer(401);
            return request.Json.GetProperty("distinct_ids").GetArrayLength() <= 2_000 ? new FakeAnswer(200, """{"status":"ok"}""") : new FakeAnswer(400);
        }
        if (path == "/engage")
        {
            return new FakeAnswer(200, request.Json.GetArrayLength() <= 2_000 ? """{"status":1,"error":null}""" : """{"status":0,"error":"size"}""");
        }
        if (path != "/import") return new FakeAnswer(404);
        var isAuthorized = request.Header("Authorization") == $"Basic {Convert.ToBase64String("t-1:"u8)}";
        if (!isAuthorized) return new FakeAnswer(401, """{"code":401,"error":"Unauthorized"}""");
        var isTooLarge = Encoding.UTF8.GetByteCount(request.Body) > 2_097_152;
        if (isTooLarge) return new FakeAnswer(413, """{"code":413,"error":"request exceeds max limit of 2097152 bytes"}""");
        var events = request.Json.EnumerateArray().ToList();
        if (events.Count > 2_000) return new FakeAnswer(413);
        var failed = events.Index().Where(item => item.Item.GetProperty("properties").GetProperty("time").GetInt64() < 31_536_000_000)
            .Select(item => new { index = item.Index, field = "properties.time", message = "'properties.time' is invalid: must be after 1971-01-01" }).ToList();
        if (failed.Count == 0) return new FakeAnswer(200, JsonSerializer.Serialize(new { code = 200, num_records_imported = events.Count, status = "OK" }));
        return new FakeAnswer(400, JsonSerializer.Serialize(new
        {
            code = 400,
            error = "some data points in the request failed validation",
            num_records_imported = events.Count - failed.Count,
            failed_records = failed,
        }));
    }
}
