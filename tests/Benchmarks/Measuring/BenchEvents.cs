using cdp;

namespace Cdp.Benchmarks.Measuring;

/// <summary>Events as the services pass them on.</summary>
internal static class BenchEvents
{
    private const int BytesWithoutNote = 120;

    /// <summary>An event about as large as this number of bytes of JSON.</summary>
    public static ValidatedEvent Validated(string messageId, string user, string? visitor, int bytes) => new()
    {
        envelope = new Event
        {
            messageId = messageId,
            type = "track",
            sourceId = "bench",
            @event = "Order Completed",
            userId = user,
            anonymousId = visitor,
            receivedAt = DateTime.UtcNow,
            timestamp = DateTime.UtcNow,
            context = """{"library":{"name":"bench","version":"1"}}""",
            properties = $$"""{"revenue":12.99,"note":"{{new string('x', Math.Max(0, bytes - BytesWithoutNote))}}"}""",
        },
        violations = [],
    };

    public static Identifier User(string value) => new() { type = "user_id", value = value };

    public static Identifier Visitor(string value) => new() { type = "anonymous_id", value = value };
}
