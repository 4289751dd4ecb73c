using System.Text.Json.Nodes;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class PresetTests
{
    public static TheoryData<string, string> Samples
    {
        get
        {
            var samples = new TheoryData<string, string>();
            foreach (var (vendor, name) in VendorSample.All) samples.Add(vendor, name);
            return samples;
        }
    }

    [Fact]
    public void Names_Presets_AreTheFourVendors() => Assert.Equal(["github", "shopify", "stripe", "zendesk"], Ingestion.Mapping.Yaml.Presets.Names);

    [Theory]
    [MemberData(nameof(Samples))]
    public void Map_EveryPublishedSample_IsMappedOrIgnoredOnPurpose(string vendor, string name)
    {
        var events = VendorSample.Events(vendor, name);

        Assert.Equal(name is "ping" or "product.created", events.Count == 0);
        Assert.All(events, made => Assert.StartsWith(vendor + ":", (string?)made["anonymousId"], StringComparison.Ordinal));
        Assert.Equal(events.Count, events.Select(made => (string)made["messageId"]!).Distinct().Count());
    }

    [Theory]
    [InlineData("stripe", "customer.created", """
        [{"type":"identify","messageId":"evt_123","anonymousId":"stripe:cus_123","timestamp":"2018-08-02T10:10:20Z",
          "traits":{"email":"test@stripe.com"},"context":{"integration":{"name":"Stripe","version":"2017-05-25"}}}]
        """)]
    [InlineData("stripe", "invoice.paid", """
        [{"type":"track","event":"invoice.paid","anonymousId":"stripe:cus_QXg1o8vcGmoR32","timestamp":"2009-02-13T23:31:30Z",
          "properties":{"id":"in_1Pgc6tB7WZ01zgkWu9fdqL6I","currency":"usd","amount_paid":0}}]
        """)]
    [InlineData("stripe", "charge.succeeded", """
        [{"type":"track","event":"charge.succeeded","anonymousId":"stripe:ch_1PgafuB7WZ01zgkWXYmPNZs8","properties":{"amount":100,"status":"succeeded"}}]
        """)]
    [InlineData("stripe", "checkout.session.completed", """
        [{"type":"identify","traits":{"email":"example@example.com"}},
         {"type":"track","event":"checkout.session.completed","context":{"traits":{"email":"example@example.com"}}}]
        """)]
    [InlineData("stripe", "customer.subscription.created", """
        [{"type":"track","event":"customer.subscription.created","anonymousId":"stripe:cus_QXg1o8vcGmoR32","properties":{"status":"active"}}]
        """)]
    [InlineData("github", "push", """
        [{"type":"identify","messageId":"72d3162e-cc78-11e3-81ab-4c9367dc0958","anonymousId":"github:21031067",
          "traits":{"username":"Codertocat"}},
         {"type":"track","messageId":"72d3162e-cc78-11e3-81ab-4c9367dc0958-2","event":"push",
          "properties":{"repository":"Codertocat/Hello-World","ref":"refs/tags/simple-tag","commits":0}}]
        """)]
    [InlineData(
        "github", "pull_request.opened",
        """[{},{"event":"pull_request.opened","properties":{"number":2,"title":"Update the README with new information.","state":"open","merged":false}}]""")]
    [InlineData(
        "github", "issues.opened", """[{},{"event":"issues.opened","properties":{"number":1,"title":"Spelling error in the README file","labels":["bug"]}}]""")]
    [InlineData("github", "star.created", """[{},{"event":"star.created","properties":{"stars":1}}]""")]
    [InlineData("shopify", "orders-create", """
        [{"type":"identify","messageId":"98880550-7158-44d4-b7cd-2c97c8a091b5:orders/create","anonymousId":"shopify:115310627314723954",
          "traits":{"email":"john@test.com","firstName":"John","address":{"city":"Ottawa"}}},
         {"type":"track","event":"Order Completed","timestamp":"2019-06-04T17:53:06Z",
          "properties":{"order_id":"820982911946154508","total":403.00,"revenue":393.00,"currency":"USD",
            "products":[{"sku":"IPOD2008PINK","price":199.00,"quantity":1},{}]},
          "context":{"traits":{"email":"john@test.com"},"integration":{"shop":"johns-apparel.myshopify.com"}}}]
        """)]
    [InlineData("shopify", "customers-create", """
        [{"type":"identify","anonymousId":"shopify:706405506930370084","timestamp":"2012-08-24T18:01:46Z",
          "traits":{"email":"bob@biller.com","firstName":"Bob","lastName":"Biller","totalSpent":0.00,"acceptsMarketing":true}}]
        """)]
    [InlineData("zendesk", "ticket.created", """
        [{"type":"track","messageId":"cbe4028c-7239-495d-b020-f22348516046","event":"ticket.created","anonymousId":"zendesk:8447388090494",
          "timestamp":"2025-01-08T10:12:07.672717Z",
          "properties":{"ticket_id":"5158","status":"open","priority":"low","channel":"web_service","tags":["ticket-info-test-tag"]}}]
        """)]
    [InlineData("zendesk", "user.active_changed", """
        [{"type":"identify","anonymousId":"zendesk:6596848315901","traits":{"email":"end.user@example.com","role":"end-user"}},
         {"type":"track","event":"user.active_changed","context":{"traits":{"email":"end.user@example.com"}},"properties":{"current":false,"previous":true}}]
        """)]
    public void Map_PublishedSample_ProducesTheExpectedEvents(string vendor, string name, string expected)
    {
        var events = new JsonArray([.. VendorSample.Events(vendor, name)]);

        AssertContains(JsonNode.Parse(expected)!, events, vendor + " " + name);
    }

    [Theory]
    [InlineData("stripe", """{"type":"payout.paid","data":{"object":{"id":"po_1"}}}""", null, "")]
    [InlineData("stripe", """{"type":"issuing_card.created","data":{"object":{"id":"ic_1"}}}""", null, "")]
    [InlineData(
        "stripe", """{"type":"payment_method.attached","data":{"object":{"id":"pm_1","customer":"cus_1"}}}""", null, "stripe:cus_1 payment_method.attached")]
    [InlineData("stripe", """{"type":"customer.deleted","data":{"object":{"id":"cus_1"}}}""", null, "stripe:cus_1 customer.deleted")]
    [InlineData("stripe", """{"type":"v2.core.event","data":{"object":{"id":"x"}}}""", null, null)]
    [InlineData("shopify", """{"id":1}""", "products/update", "")]
    [InlineData("shopify", """{"id":1}""", "order_transactions/create", "")]
    [InlineData("shopify", """{"id":1}""", "inventory_levels/update", "")]
    [InlineData("shopify", """{"token":"t"}""", "checkouts/create", "shopify:t Checkout Started")]
    [InlineData("shopify", """{"id":1,"customer":{"id":2}}""", "orders/paid", "shopify:2 Order Paid")]
    [InlineData("shopify", """{"id":2}""", "customers/delete", "shopify:2 Customer Deleted")]
    [InlineData("shopify", """{"id":1}""", "customers/frobnicate", null)]
    [InlineData("zendesk", """{"type":"zen:event-type:organization.created","detail":{"id":"1"}}""", null, "")]
    [InlineData(
        "zendesk", """{"type":"zen:event-type/user.merged","detail":{"id":"1","external_id":"u"}}""", null, "zendesk:1 identify, zendesk:1 user.merged")]
    [InlineData("zendesk", """{"ticket":"of a trigger"}""", null, null)]
    public void Map_OtherPayloads_AreMappedIgnoredOrUnplaced(string vendor, string body, string? topic, string? expected)
    {
        var result = VendorSample.Presets[vendor]
            .Map(VendorSample.Payload(System.Text.Encoding.UTF8.GetBytes(body), VendorSample.Headers(vendor, topic ?? "")));

        Assert.Equal(expected is null, result.Faults.Count > 0);
        Assert.Equal(
            expected ?? "",
            string.Join(", ", result.Events.Select(made => JsonNode.Parse(made)!).Select(made => $"{made["anonymousId"]} {made["event"] ?? made["type"]}")));
    }

    [Theory]
    [InlineData("shopify")]
    [InlineData("github")]
    public void Map_VendorHeadersMissing_IsUnplaced(string vendor) =>
        Assert.NotEmpty(
            VendorSample.Presets[vendor].Map(VendorSample.Payload(VendorSample.Body(vendor, vendor == "github" ? "push" : "orders-create"), [])).Faults);

    [Fact]
    public void Map_ShopifyWithoutDeliveryId_LeavesTheMessageIdOut()
    {
        var headers = VendorSample.Headers("shopify", "orders-create");
        headers.Remove("x-shopify-event-id");
        var result = VendorSample.Presets["shopify"].Map(VendorSample.Payload(VendorSample.Body("shopify", "orders-create"), headers));

        Assert.Equal(2, result.Events.Count);
        Assert.All(result.Events, made => Assert.Null(JsonNode.Parse(made)!["messageId"]));
    }

    // Checks that the expected members are there. Others may be there as well.
    private static void AssertContains(JsonNode expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case JsonObject members:
                foreach (var (name, value) in members) AssertContains(value!, actual?[name], $"{path}.{name}");
                break;
            case JsonArray items:
                Assert.True(actual is JsonArray list && list.Count == items.Count, $"{path}: {actual?.ToJsonString()}");
                for (var i = 0; i < items.Count; i++) AssertContains(items[i]!, actual![i], $"{path}[{i}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{path} is {actual?.ToJsonString()}, not {expected.ToJsonString()}");
                break;
        }
    }
}
