using cdp;

namespace Cdp.Validation.Tests;

internal static class Events
{
    public static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    public static Event Track(string name, string? properties, string messageId = "m1", DateTime? receivedAt = null) => new()
    {
        messageId = messageId,
        type = "track",
        sourceId = "web",
        anonymousId = "a1",
        @event = name,
        properties = properties,
        receivedAt = receivedAt ?? Noon,
        timestamp = Noon,
    };
}
