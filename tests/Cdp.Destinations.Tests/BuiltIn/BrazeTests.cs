using System.Text;
using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class BrazeTests
{
    private const string Settings = """{"endpoint":"https://rest.iad-01.braze.com/","api_key":"k-1"}""";

    [Fact]
    public async Task SendAsync_EventsOfKnownAndUnknownUsers_NameThemByIdOrAlias()
    {
        await using var vendor = await Vendor.StartAsync("braze", Settings, Answer);
        Assert.Equal(["201", "201"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(Samples.Anonymous, 2))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://rest.iad-01.braze.com/users/track", request.Url);
        Vendor.AssertJson("""
            {"events":[
              {"external_id":"u1","_update_existing_only":false,"name":"Article Read","time":"2026-03-01T11:59:30Z","properties":{"title":"On engines","nested":{"a":1}}},
              {"user_alias":{"alias_name":"a1","alias_label":"anonymous_id"},"_update_existing_only":false,"name":"Article Read","time":"2026-03-01T11:59:30Z",
               "properties":{"title":"On engines"}}]}
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_Order_IsAPurchase()
    {
        await using var vendor = await Vendor.StartAsync("braze", Settings, Answer);
        Assert.Equal(["201"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        var purchase = Assert.Single(vendor.Requests).Json.GetProperty("purchases")[0];
        Assert.Equal(("u1", "order", "EUR", 20.5, 1), (
            purchase.GetProperty("external_id").GetString(),
            purchase.GetProperty("product_id").GetString(),
            purchase.GetProperty("currency").GetString(),
            purchase.GetProperty("price").GetDouble(),
            purchase.GetProperty("quantity").GetInt32()));
    }

    [Fact]
    public async Task SendAsync_Customer_SetsAttributes()
    {
        await using var vendor = await Vendor.StartAsync("braze", Settings, Answer);
        Assert.Equal(["201"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
        Vendor.AssertJson("""
            {"external_id":"u1","_update_existing_only":false,"email":"Ada@Example.com","first_name":"Ada","last_name":"Lovelace","phone":"+43 660 1234567"}
            """, Assert.Single(vendor.Requests).Json.GetProperty("attributes")[0]);
    }

    [Fact]
    public async Task SendAsync_ObjectThatBrazeRefuses_DeliversTheOthers()
    {
        await using var vendor = await Vendor.StartAsync("braze", Settings, Answer);
        var bad = Vendor.With(Samples.Event, """{"event":"$reserved"}""");
        var result = await vendor.SendAsync(vendor.Item(Samples.Event, 1), vendor.Item(bad, 2));
        Assert.Equal(["201", "refused 201"], Vendor.Short(result));
        Assert.Equal("HTTP 201 'name' is not valid", Vendor.Reason(result.Items[1]));
    }

    [Fact]
    public async Task SendAsync_TooManyRequests_WaitsUntilTheReset()
    {
        var reset = Vendor.Now.ToUnixTimeSeconds() + 3;
        await using var vendor = await Vendor.StartAsync(
            "braze", Settings, _ => new FakeAnswer(429, """{"message":"Rate limit exceeded"}""", ("X-RateLimit-Reset", $"{reset}")));
        Assert.Equal(["retry 429 3s"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event))));
    }

    [Fact]
    public async Task SendAsync_FullBatch_IsAccepted()
    {
        await using var vendor = await Vendor.StartAsync("braze", Settings, Answer);
        Assert.Equal(75, vendor.Destination.Batch("track_event").Items);
        var results = await vendor.SendAsync([.. Enumerable.Range(0, 75).Select(number => vendor.Item(Samples.Event, number))]);
        Assert.All(Vendor.Short(results), result => Assert.Equal("201", result));
    }

    [Fact]
    public async Task DeleteAsync_Users_AreDeleted()
    {
        await using var vendor = await Vendor.StartAsync("braze", Settings, Answer);
        Assert.Equal(["201"], Vendor.Short(await vendor.DeleteAsync("u1")));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://rest.iad-01.braze.com/users/delete", request.Url);
        Vendor.AssertJson("""{"external_ids":["u1"]}""", request.Json);
        Assert.Equal(50, vendor.Destination.Description.Deletion!.Items);
    }

    // Braze: POST /users/track and /users/delete; API errors and responses.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Header("Authorization") != "Bearer k-1") return new FakeAnswer(401, """{"message":"Invalid API key"}""");
        if (request.Url.EndsWith("/users/delete", StringComparison.Ordinal))
        {
            var ids = request.Json.GetProperty("external_ids").GetArrayLength();
            return ids <= 50 ? new FakeAnswer(201, $$"""{"deleted":{{ids}},"message":"success"}""") : new FakeAnswer(400, """{"message":"too many ids"}""");
        }
        if (!request.Url.EndsWith("/users/track", StringComparison.Ordinal)) return new FakeAnswer(404);
        if (Encoding.UTF8.GetByteCount(request.Body) > 4_000_000) return new FakeAnswer(413);
        var objects = request.Json.EnumerateObject()
            .SelectMany(array => array.Value.EnumerateArray().Select((item, index) => (Array: array.Name, Index: index, Item: item))).ToList();
        if (objects.Count > 75) return new FakeAnswer(400, """{"message":"Too many objects"}""");
        var errors = objects.Where(found => !found.Item.TryGetProperty("external_id", out _) && !found.Item.TryGetProperty("user_alias", out _))
            .Select(found => new { type = "'external_id' or 'user_alias' is required", input_array = found.Array, index = found.Index })
            .Concat(objects.Where(found => found.Item.TryGetProperty("name", out var name) && name.GetString()!.StartsWith('$'))
                .Select(found => new { type = "'name' is not valid", input_array = found.Array, index = found.Index })).ToList();
        return new FakeAnswer(201, JsonSerializer.Serialize(new { message = "success", errors }));
    }
}
