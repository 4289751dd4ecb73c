using System.Text;
using System.Text.RegularExpressions;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed partial class GoogleAnalytics4Tests
{
    private const string Settings = """{"measurement_id":"G-1","api_secret":"s-1"}""";

    [Fact]
    public async Task SendAsync_Order_IsAPurchaseWithItems()
    {
        await using var vendor = await Vendor.StartAsync("google-analytics-4", Settings, Answer);
        Assert.Equal(["204"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://www.google-analytics.com/mp/collect?measurement_id=G-1&api_secret=s-1", request.Url);
        Vendor.AssertJson("""
            {"client_id":"a1","user_id":"u1","events":[{"name":"purchase","timestamp_micros":1772366370250000,"params":{
              "transaction_id":"o-1","value":20.5,"currency":"EUR","items":[{"item_id":"s1","item_name":"Shoe","price":10.25,"quantity":2}],
              "engagement_time_msec":1}}]}
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_OtherEvent_HasANameThatIsAllowed()
    {
        await using var vendor = await Vendor.StartAsync("google-analytics-4", """{"measurement_id":"G-1","api_secret":"s-1","region":"eu"}""", Answer);
        var name = $"Ärticle—Read! {new string('x', 50)}";
        Assert.Equal(["204"], Vendor.Short(await vendor.SendAsync(vendor.Item(Vendor.With(Samples.Event, $$"""{"event":"{{name}}"}""")))));
        var request = Assert.Single(vendor.Requests);
        Assert.StartsWith("https://region1.google-analytics.com/mp/collect?", request.Url, StringComparison.Ordinal);
        Assert.Equal(40, request.Json.GetProperty("events")[0].GetProperty("name").GetString()!.Length);
    }

    [Fact]
    public async Task SendAsync_EventsOfOneClient_ShareARequest()
    {
        await using var vendor = await Vendor.StartAsync("google-analytics-4", Settings, Answer);
        var rule = vendor.Destination.Batch("send_event");
        Assert.Equal((25, "client_id,user_id"), (rule.Items, string.Join(',', rule.Keys)));
        var results = await vendor.SendAsync([.. Enumerable.Range(0, 25).Select(number => vendor.Item(Samples.Event, number))]);
        Assert.All(Vendor.Short(results), result => Assert.Equal("204", result));
        Assert.Equal(25, Assert.Single(vendor.Requests).Json.GetProperty("events").GetArrayLength());
    }

    [Fact]
    public async Task SendAsync_RequestAboveTheLimit_IsNotSent()
    {
        await using var vendor = await Vendor.StartAsync("google-analytics-4", Settings, Answer);
        var large = Vendor.With(Samples.Event, $$$"""{"properties":{"text":"{{{new string('x', 130_000)}}}"}}""");
        var result = Assert.Single((await vendor.SendAsync(vendor.Item(large))).Items);
        Assert.Matches("^not sent: the request has [0-9]+ bytes, and Google Analytics 4 takes at most 130000; map fewer fields$", Vendor.Reason(result));
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task SendAsync_EventWithoutAnyId_IsRefusedAndTheOthersAreSent()
    {
        await using var vendor = await Vendor.StartAsync("google-analytics-4", Settings, Answer);
        var nobody = Vendor.With(Samples.Event, """{"userId":null,"anonymousId":null}""");
        var result = await vendor.SendAsync(vendor.Item(nobody, 1), vendor.Item(Samples.Event, 2));
        Assert.Equal(["refused 400", "204"], Vendor.Short(result));
        Assert.StartsWith("not sent: /client_id is missing", Vendor.Reason(result.Items[0]), StringComparison.Ordinal);
    }

    // Google Analytics: Measurement Protocol. The service itself answers 204 to everything; this one refuses what it would drop.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        var url = new Uri(request.Url);
        if (request.Method != "POST" || url.AbsolutePath != "/mp/collect" || url.Query != "?measurement_id=G-1&api_secret=s-1") return new FakeAnswer(404);
        if (Encoding.UTF8.GetByteCount(request.Body) > 130_000) return new FakeAnswer(413);
        var events = request.Json.GetProperty("events").EnumerateArray().ToList();
        var hasClient = request.Json.GetProperty("client_id").GetString() is { Length: > 0 };
        if (events.Count is 0 or > 25 || !hasClient) return new FakeAnswer(400, "events or client_id");
        return events.All(item => Name().IsMatch(item.GetProperty("name").GetString()!)) ? new FakeAnswer(204) : new FakeAnswer(400, "name");
    }

    [GeneratedRegex(@"^\p{L}[\p{L}0-9_]{0,39}\z")]
    private static partial Regex Name();
}
