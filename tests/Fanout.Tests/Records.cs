using cdp;
using Cdp.Contracts;
using Cdp.Streaming;

namespace Cdp.Fanout.Tests;

internal static class Records
{
    public const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    public static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    public static IdentifiedEvent Event(string profileId, string messageId, Action<Event>? change = null)
    {
        var envelope = new Event { messageId = messageId, type = "track", sourceId = "web", userId = "u1", @event = "Order Completed", receivedAt = Noon, timestamp = Noon };
        change?.Invoke(envelope);
        return new IdentifiedEvent
        {
            profileId = profileId,
            validated = new ValidatedEvent { envelope = envelope, violations = [] },
            identifiers = [],
            origin = new RecordPosition { topic = "cdp.events.validated", partition = 0, offset = 0 },
        };
    }

    public static Incoming At(long offset, Avro.Specific.ISpecificRecord value, int partition = 0) =>
        new(Topics.EventsIdentified, new RecordPosition { topic = "cdp.events.identified", partition = partition, offset = offset }, null, value, Noon, TraceParent);
}
