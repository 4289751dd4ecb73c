using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class IntercomTests
{
    private const string Settings = """{"access_token":"t-1","region":"eu"}""";

    [Theory]
    [InlineData(false, "POST https://api.eu.intercom.io/contacts")]
    [InlineData(true, "PUT https://api.eu.intercom.io/contacts/c%2F1")]
    public async Task SendAsync_Customer_IsCreatedOrUpdated(bool exists, string expected)
    {
        await using var vendor = await Vendor.StartAsync("intercom", Settings, request => Answer(request, exists));
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
        Assert.Equal(["POST https://api.eu.intercom.io/contacts/search", expected], vendor.Requests.Select(request => $"{request.Method} {request.Url}"));
        Vendor.AssertJson("""{"query":{"field":"external_id","operator":"=","value":"u1"}}""", vendor.Requests[0].Json);
        Vendor.AssertJson("""
            {"external_id":"u1","role":"user","email":"Ada@Example.com","phone":"+436601234567","signed_up_at":1767225600}
            """, vendor.Requests[1].Json);
    }

    [Fact]
    public async Task SendAsync_LookupThatFails_DecidesTheResult()
    {
        await using var vendor = await Vendor.StartAsync("intercom", Settings, _ => new FakeAnswer(503));
        Assert.Equal(["retry 503"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
        Assert.Single(vendor.Requests);
    }

    [Fact]
    public async Task SendAsync_ContactThatWasCreatedMeanwhile_IsRetried()
    {
        await using var vendor = await Vendor.StartAsync("intercom", Settings, request => request.Url.EndsWith("/search", StringComparison.Ordinal)
            ? Answer(request, exists: false)
            : new FakeAnswer(409, """{"type":"error.list","errors":[{"code":"conflict","message":"A contact matching those details already exists"}]}"""));
        Assert.Equal(["retry 409"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
    }

    [Fact]
    public async Task SendAsync_Event_HasFlatMetadata()
    {
        await using var vendor = await Vendor.StartAsync("intercom", Settings, request => Answer(request, exists: true));
        Assert.Equal(["202"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event))));
        Vendor.AssertJson("""
            {"event_name":"Article Read","created_at":1772366370,"user_id":"u1","metadata":{"title":"On engines","nested_a":1}}
            """, Assert.Single(vendor.Requests).Json);
    }

    [Fact]
    public async Task SendAsync_EventThatIntercomRefuses_NamesTheCode()
    {
        await using var vendor = await Vendor.StartAsync("intercom", Settings, request => Answer(request, exists: false));
        var result = await vendor.SendAsync(vendor.Item(Samples.Event));
        Assert.Equal("HTTP 404 not_found: User Not Found", Vendor.Reason(result.Items[0]));
    }

    [Fact]
    public async Task SendAsync_TooManyRequests_WaitsUntilTheReset()
    {
        await using var vendor = await Vendor.StartAsync(
            "intercom", Settings, _ => new FakeAnswer(429, "", ("X-RateLimit-Reset", $"{Vendor.Now.ToUnixTimeSeconds() + 7}")));
        Assert.Equal(["retry 429 7s"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Event))));
    }

    [Theory]
    [InlineData(false, new[] { "POST" })]
    [InlineData(true, new[] { "POST", "DELETE" })]
    public async Task DeleteAsync_Contact_IsDeletedIfThereIsOne(bool exists, string[] methods)
    {
        await using var vendor = await Vendor.StartAsync("intercom", Settings, request => Answer(request, exists));
        Assert.Equal(["200"], Vendor.Short(await vendor.DeleteAsync("u1")));
        Assert.Equal(methods, vendor.Requests.Select(request => request.Method));
        if (exists) Assert.Equal(("https://api.eu.intercom.io/contacts/c%2F1", ""), (vendor.Requests[1].Url, vendor.Requests[1].Body));
    }

    [Fact]
    public void Preview_Customer_ShowsTheLookupAndBothRequests()
    {
        using var destination = Vendor.Create("intercom", Settings);
        var preview = destination.Preview([Vendor.Item(destination, Samples.Identify)]);
        string[] expected =
        [
            "POST https://api.eu.intercom.io/contacts/search",
            "If nothing was found:",
            "POST https://api.eu.intercom.io/contacts",
            "If ID was found:",
            "PUT https://api.eu.intercom.io/contacts/ID",
        ];
        Assert.Equal(expected, preview.Split('\n').Where(line => line.StartsWith('P') || line.StartsWith("If", StringComparison.Ordinal)));
    }

    // Intercom: Contacts (search, create, update, delete) and Data events.
    private static FakeAnswer Answer(ReceivedRequest request, bool exists)
    {
        if (request.Header("Authorization") != "Bearer t-1" || request.Header("Intercom-Version") is null) return new FakeAnswer(401);
        return $"{request.Method} {new Uri(request.Url).AbsolutePath}" switch
        {
            "POST /contacts/search" => new FakeAnswer(200, exists ? """{"type":"list","data":[{"id":"c/1"}]}""" : """{"type":"list","data":[]}"""),
            "POST /contacts" when !exists => new FakeAnswer(200, "{}"),
            "PUT /contacts/c%2F1" or "DELETE /contacts/c%2F1" when exists => new FakeAnswer(200, "{}"),
            "POST /events" when !exists => new FakeAnswer(404, """{"type":"error.list","errors":[{"code":"not_found","message":"User Not Found"}]}"""),
            "POST /events" => HasNestedMetadata(request.Json) ? new FakeAnswer(400) : new FakeAnswer(202),
            _ => new FakeAnswer(405),
        };
    }

    private static bool HasNestedMetadata(JsonElement item) =>
        item.GetProperty("metadata").EnumerateObject().Any(member => member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array);
}
