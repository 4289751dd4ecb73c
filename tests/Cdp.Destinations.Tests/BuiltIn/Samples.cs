namespace Cdp.Destinations.Tests.BuiltIn;

/// <summary>Events in Segment's shape.</summary>
internal static class Samples
{
    public const string Order = """
        {"messageId":"m1","type":"track","profileId":"p1","sourceId":"web","userId":"u1","anonymousId":"a1","event":"Order Completed",
         "properties":{"order_id":"o-1","total":20.5,"revenue":18,"currency":"EUR","gclid":"g1",
           "products":[{"product_id":"s1","name":"Shoe","price":"10.25","quantity":2}]},
         "context":{"ip":"203.0.113.7","userAgent":"Mozilla/5.0","page":{"url":"https://shop.example/thanks","title":"Thanks"},"locale":"de-AT",
           "traits":{"email":" Ada@Example.COM ","phone":"+43 660 1234567","firstName":"Ada"}},
         "timestamp":"2026-03-01T11:59:30.25Z"}
        """;

    public const string Event = """
        {"messageId":"m2","type":"track","userId":"u1","anonymousId":"a1","event":"Article Read","properties":{"title":"On engines","nested":{"a":1}},
         "context":{"ip":"203.0.113.7"},"timestamp":"2026-03-01T11:59:30Z"}
        """;

    public const string Anonymous = """
        {"messageId":"m3","type":"track","anonymousId":"a1","event":"Article Read","properties":{"title":"On engines"},"timestamp":"2026-03-01T11:59:30Z"}
        """;

    public const string Identify = """
        {"messageId":"m4","type":"identify","userId":"u1","anonymousId":"a1",
         "traits":{"email":"Ada@Example.com","firstName":"Ada","lastName":"Lovelace","phone":"+43 660 1234567","createdAt":"2026-01-01T00:00:00Z"},
         "timestamp":"2026-03-01T11:59:30Z"}
        """;

    public const string Page = """
        {"messageId":"m5","type":"page","userId":"u1","anonymousId":"a1","name":"Home",
         "context":{"page":{"url":"https://shop.example/","title":"Shop","referrer":"https://search.example/"}},"timestamp":"2026-03-01T11:59:30Z"}
        """;
}
