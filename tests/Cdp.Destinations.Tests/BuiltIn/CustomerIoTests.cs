using System.Text;
using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class CustomerIoTests
{
    private const string Settings = """{"site_id":"site-1","api_key":"k-1","region":"eu"}""";

    [Fact]
    public async Task SendAsync_Events_AreEntitiesOfABatch()
    {
        await using var vendor = await Vendor.StartAsync("customer-io", Settings, Answer);
        Assert.Equal(["200", "200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(Samples.Anonymous, 2))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://track-eu.customer.io/api/v2/batch", request.Url);
        Vendor.AssertJson("""
            {"batch":[
              {"type":"person","action":"event","identifiers":{"id":"u1"},"name":"Article Read","timestamp":1772366370,"attributes":{"title":"On engines","nested":{"a":1}}},
              {"type":"person","action":"event","identifiers":{"anonymous_id":"a1"},"name":"Article Read","timestamp":1772366370,"attributes":{"title":"On engines"}}]}
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_Customer_SetsAttributes()
    {
        await using var vendor = await Vendor.StartAsync("customer-io", Settings, Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
        var person = Assert.Single(vendor.Requests).Json.GetProperty("batch")[0];
        Assert.Equal(("identify", "u1", 1767225600), (
            person.GetProperty("action").GetString(),
            person.GetProperty("identifiers").GetProperty("id").GetString(),
            person.GetProperty("attributes").GetProperty("created_at").GetInt64()));
    }

    [Fact]
    public async Task SendAsync_MultiStatus_RefusesTheItemsThatItNames()
    {
        await using var vendor = await Vendor.StartAsync("customer-io", Settings, Answer);
        var nobody = Vendor.With(Samples.Event, """{"userId":null,"anonymousId":null}""");
        var result = await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(nobody, 2), vendor.Item(Samples.Event, 3));
        Assert.Equal(["207", "refused 207", "207"], Vendor.Short(result));
        Assert.Equal("HTTP 207 identifiers must not be empty", Vendor.Reason(result.Items[1]));
    }

    [Fact]
    public async Task SendAsync_ItemAboveTheLimit_IsNotSentAndDoesNotTakeOthersWithIt()
    {
        await using var vendor = await Vendor.StartAsync("customer-io", Settings, Answer);
        var large = Vendor.With(Samples.Event, $$$"""{"properties":{"text":"{{{new string('x', 32_000)}}}"}}""");
        Assert.Equal(["refused 413", "200"], Vendor.Short(await vendor.SendAsync(vendor.Item(large, 1), vendor.Item(Samples.Event, 2))));
        Assert.Equal(1, Assert.Single(vendor.Requests).Json.GetProperty("batch").GetArrayLength());
    }

    [Fact]
    public async Task SendAsync_RefusalOfTheRequestBesideAnItemThatWasNotSent_IsRetriedWithoutIt()
    {
        await using var vendor = await Vendor.StartAsync("customer-io", Settings, _ => new FakeAnswer(400, """{"meta":{"error":"unreadable"}}"""));
        var large = Vendor.With(Samples.Event, $$$"""{"properties":{"text":"{{{new string('x', 32_000)}}}"}}""");
        var result = await vendor.SendAsync(vendor.Item(large, 1), vendor.Item(Samples.Event, 2), vendor.Item(Samples.Event, 3));
        Assert.Equal(["refused 413", "retry 400 0s", "retry 400 0s"], Vendor.Short(result));
    }

    [Fact]
    public async Task DeleteAsync_Person_IsDeletedById()
    {
        await using var vendor = await Vendor.StartAsync("customer-io", Settings, Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.DeleteAsync("u1")));
        Vendor.AssertJson("""{"batch":[{"type":"person","action":"delete","identifiers":{"id":"u1"}}]}""", Assert.Single(vendor.Requests).Json);
    }

    // Customer.io: Track API v2, Send multiple requests.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Header("Authorization") != $"Basic {Convert.ToBase64String("site-1:k-1"u8)}") return new FakeAnswer(401);
        if (!request.Url.EndsWith("/api/v2/batch", StringComparison.Ordinal)) return new FakeAnswer(404);
        if (Encoding.UTF8.GetByteCount(request.Body) > 500_000) return new FakeAnswer(400, """{"meta":{"error":"request too large"}}""");
        var errors = request.Json.GetProperty("batch").EnumerateArray().Index()
            .Where(item => !item.Item.GetProperty("identifiers").EnumerateObject().Any() || item.Item.GetRawText().Length > 32_000)
            .Select(item => new { batch_index = item.Index, reason = "required", field = "identifiers", message = "identifiers must not be empty" }).ToList();
        return errors.Count == 0 ? new FakeAnswer(200, "{}") : new FakeAnswer(207, JsonSerializer.Serialize(new { errors }));
    }
}
