using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class HubSpotTests
{
    private const string Settings = """{"access_token":"t-1"}""";

    [Fact]
    public async Task SendAsync_Customer_UpsertsTheContactByEmail()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify, 1))));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal(("POST", "https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert"), (request.Method, request.Url));
        Vendor.AssertJson("""
            {"inputs":[{"id":"ada@example.com","idProperty":"email","objectWriteTraceId":"00000000000000000000000000000001",
              "properties":{"firstname":"Ada","lastname":"Lovelace","phone":"+43 660 1234567","email":"ada@example.com"}}]}
            """, request.Json);
    }

    [Fact]
    public async Task SendAsync_MultiStatus_RefusesTheContactsThatItNames()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, Answer);
        var bad = Vendor.Payload("upsert_contact", """{"email":"bob@example.com","properties":{"no_such_property":"1"}}""", 2);
        var result = await vendor.SendAsync(vendor.Item(Samples.Identify, 1), bad);
        Assert.Equal(["207", "refused 207"], Vendor.Short(result));
        Assert.Equal("HTTP 207 Property \"no_such_property\" does not exist", Vendor.Reason(result.Items[1]));
    }

    [Fact]
    public async Task SendAsync_MultiStatusThatNamesNobody_IsRefusedAsAWhole()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, _ => new FakeAnswer(207, """{"errors":[{"message":"why","context":{}}]}"""));
        var result = await vendor.SendAsync(vendor.Item(Samples.Identify, 1), vendor.Item(Samples.Identify, 2));
        Assert.True(result.IsWhole);
        Assert.Equal(["refused 207", "refused 207"], Vendor.Short(result));
    }

    [Fact]
    public async Task SendAsync_InvalidEmail_IsNotSent()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, Answer);
        var result = await vendor.SendAsync(Vendor.Payload("upsert_contact", """{"email":"nobody"}"""));
        Assert.StartsWith("not sent: /email", Vendor.Reason(result.Items[0]), StringComparison.Ordinal);
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task SendAsync_Event_IsACompletion()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, Answer);
        var item = Vendor.Payload("send_event", """{"event_name":"pe1_order","email":"ada@example.com","occurred_at":"2026-03-01T11:59:30Z"}""", 3);
        Assert.Equal(["204"], Vendor.Short(await vendor.SendAsync(item)));
        Vendor.AssertJson("""
            {"uuid":"00000000000000000000000000000003","eventName":"pe1_order","email":"ada@example.com","occurredAt":"2026-03-01T11:59:30Z"}
            """, Assert.Single(vendor.Requests).Json);
    }

    [Fact]
    public async Task SendAsync_TooManyRequests_WaitsForTheNextWindow()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, _ => new FakeAnswer(429, """{"message":"ten_secondly_rolling limit"}"""));
        Assert.Equal(["retry 429 10s"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Identify))));
    }

    [Fact]
    public async Task DeleteAsync_Contact_IsDeletedForGood()
    {
        await using var vendor = await Vendor.StartAsync("hubspot", Settings, Answer);
        Assert.Equal(["204"], Vendor.Short(await vendor.DeleteAsync("u1")));
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://api.hubapi.com/crm/v3/objects/contacts/gdpr-delete", request.Url);
        Vendor.AssertJson("""{"objectId":"u1@example.com","idProperty":"email"}""", request.Json);
    }

    // HubSpot: Upsert a batch of contacts; Send event data; Permanently delete a contact.
    private static FakeAnswer Answer(ReceivedRequest request)
    {
        if (request.Header("Authorization") != "Bearer t-1") return new FakeAnswer(401, """{"message":"Authentication credentials not found"}""");
        switch (new Uri(request.Url).AbsolutePath)
        {
            case "/crm/v3/objects/contacts/gdpr-delete" or "/events/v3/send":
                return new FakeAnswer(204);
            case "/crm/v3/objects/contacts/batch/upsert":
                break;
            default:
                return new FakeAnswer(404);
        }
        var inputs = request.Json.GetProperty("inputs").EnumerateArray().ToList();
        if (inputs.Count > 100) return new FakeAnswer(400, """{"message":"too many inputs"}""");
        string[] known = ["firstname", "lastname", "phone", "email"];
        var errors = inputs
            .SelectMany(input => input.GetProperty("properties").EnumerateObject().Select(property => (Input: input, property.Name)))
            .Where(found => !known.Contains(found.Name))
            .Select(found => new
            {
                status = "error",
                category = "VALIDATION_ERROR",
                message = $"Property \"{found.Name}\" does not exist",
                context = new { objectWriteTraceId = new[] { found.Input.GetProperty("objectWriteTraceId").GetString() } },
            }).ToList();
        return errors.Count == 0
            ? new FakeAnswer(200, """{"status":"COMPLETE","results":[]}""")
            : new FakeAnswer(207, JsonSerializer.Serialize(new { status = "COMPLETE", numErrors = errors.Count, errors }));
    }
}
