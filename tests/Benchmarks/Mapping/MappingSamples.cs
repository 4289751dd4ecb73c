using System.Globalization;
using System.Text;

namespace Cdp.Benchmarks.Mapping;

/// <summary>Events with what a shop sends, and what an analytics destination makes of them.</summary>
internal static class MappingSamples
{
    public const string Condition = """type = "track" and (event = "Order Completed" or match(event, "Checkout *")) and properties.total >= 100""";

    public const string Filter = """
        [
          {"name": "staff", "if": "contains(context.traits.email, '@shop.example')", "drop": true},
          {"sample": {"percent": 1}},
          {"name": "personal data", "drop_properties": {"context": ["ip"], "context.traits": ["phone"]}},
          {"if": "type = 'page'", "drop": true}
        ]
        """;

    /// <summary>A mapping with 40 fields: plain paths, choices between two, templates, and one list.</summary>
    public const string Mapping = """
        {
          "user_id": {"@path": "$.userId"},
          "device_id": {"@if": {"exists": {"@path": "$.context.device.id"}, "then": {"@path": "$.context.device.id"}, "else": {"@path": "$.anonymousId"}}},
          "event_type": {"@path": "$.event"},
          "insert_id": {"@path": "$.messageId"},
          "time": {"@path": "$.timestamp"},
          "session_id": {"@path": "$.context.session.id"},
          "event_properties": {"@path": "$.properties"},
          "user_properties": {"@path": "$.context.traits"},
          "groups": {"@path": "$.context.groups"},
          "app_version": {"@path": "$.context.app.version"},
          "platform": {"@if": {"exists": {"@path": "$.context.device.type"}, "then": {"@path": "$.context.device.type"}, "else": "Web"}},
          "os_name": {"@path": "$.context.os.name"},
          "os_version": {"@path": "$.context.os.version"},
          "device_brand": {"@path": "$.context.device.brand"},
          "device_manufacturer": {"@path": "$.context.device.manufacturer"},
          "device_model": {"@path": "$.context.device.model"},
          "carrier": {"@path": "$.context.network.carrier"},
          "country": {"@path": "$.context.location.country"},
          "region": {"@path": "$.context.location.region"},
          "city": {"@path": "$.context.location.city"},
          "language": {"@path": "$.context.locale"},
          "price": {"@path": "$.properties.price"},
          "quantity": {"@path": "$.properties.quantity"},
          "revenue": {"@if": {"exists": {"@path": "$.properties.revenue"}, "then": {"@path": "$.properties.revenue"}, "else": {"@path": "$.properties.total"}}},
          "product_id": {"@path": "$.properties.order_id"},
          "revenue_type": "purchase",
          "location_lat": {"@path": "$.context.location.latitude"},
          "location_lng": {"@path": "$.context.location.longitude"},
          "ip": {"@path": "$.context.ip"},
          "idfa": {"@path": "$.context.device.advertisingId"},
          "user_agent": {"@path": "$.context.userAgent"},
          "page_url": {"@path": "$.context.page.url"},
          "page_title": {"@path": "$.context.page.title"},
          "referrer": {"@path": "$.context.page.referrer"},
          "utm_source": {"@path": "$.context.campaign.source"},
          "utm_medium": {"@path": "$.context.campaign.medium"},
          "utm_campaign": {"@path": "$.context.campaign.name"},
          "label": {"@template": "{{event}} from {{context.page.title}}"},
          "products": {"@arrayPath": ["$.properties.products",
            {"id": {"@path": "$.product_id"}, "price": {"@path": "$.price"}, "quantity": {"@path": "$.quantity"}}]},
          "email": {"@fn": {"name": "sha256", "value": {"@path": "$.context.traits.email"}}}
        }
        """;

    /// <summary>The types of some of its fields.</summary>
    public const string Fields = """
        {
          "user_id": {"type": "string"}, "device_id": {"type": "string"}, "event_type": {"type": "string", "required": true}, "insert_id": {"type": "string"},
          "time": {"type": "datetime"}, "session_id": {"type": "datetime"}, "event_properties": {"type": "object"}, "user_properties": {"type": "object"},
          "app_version": {"type": "string"}, "platform": {"type": "string"}, "os_name": {"type": "string"}, "os_version": {"type": "string"},
          "device_model": {"type": "string"}, "country": {"type": "string"}, "city": {"type": "string"}, "language": {"type": "string"},
          "price": {"type": "number"}, "quantity": {"type": "integer"}, "revenue": {"type": "number"}, "product_id": {"type": "string"},
          "revenue_type": {"type": "string"}, "location_lat": {"type": "number"}, "location_lng": {"type": "number"}, "ip": {"type": "string"},
          "user_agent": {"type": "string"}, "page_url": {"type": "string", "format": "uri"}, "page_title": {"type": "string"}, "utm_source": {"type": "string"},
          "label": {"type": "string"}, "email": {"type": "string"},
          "products": {"type": "object", "multiple": true, "properties": {
            "id": {"type": "string"}, "price": {"type": "number"}, "quantity": {"type": "integer"}}}
        }
        """;

    /// <summary>An event as UTF-8 JSON. Every second one is an order of more than 100.</summary>
    public static byte[] Event(int i) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""
        {"messageId":"m-{{{i}}}","type":"track","profileId":"p{{{i}}}","sourceId":"web","userId":"u{{{i}}}","anonymousId":"a{{{i}}}","event":"Order Completed",
        "properties":{"order_id":"o-{{{i}}}","total":{{{(i % 2 == 0 ? 149.90 : 49.90)}}},"currency":"EUR","coupon":null,"products":[
        {"product_id":"sku-1","price":49.95,"quantity":1,"name":"Lamp"},{"product_id":"sku-2","price":99.95,"quantity":{{{i % 5}}},"name":"Table"}]},
        "context":{"ip":"203.0.113.7","locale":"de-AT","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "library":{"name":"analytics.js","version":"2.11.1"},"os":{"name":"Linux","version":"6.1"},
        "page":{"path":"/checkout","title":"Checkout","url":"https://shop.example/checkout","referrer":"https://search.example/"},
        "campaign":{"source":"newsletter","medium":"email","name":"spring"},
        "location":{"country":"AT","region":"Steiermark","city":"Graz","latitude":47.07,"longitude":15.44},
        "traits":{"email":"user{{{i}}}@example.com","plan":"pro","phone":"+43316000{{{i}}}"}},
        "receivedAt":"2026-03-01T12:00:00Z","timestamp":"2026-03-01T11:59:59.5Z"}
        """));
}
