using cdp;

namespace Cdp.Destinations.Tests;

/// <summary>Identified events as fan-out receives them.</summary>
internal static class SampleEvents
{
    public static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    /// <param name="profileId">The profile of the event.</param>
    /// <param name="messageId">The messageId of the event.</param>
    /// <param name="change">Changes the envelope.</param>
    public static IdentifiedEvent Event(string profileId, string messageId, Action<Event>? change = null)
    {
        var envelope = new Event
        {
            messageId = messageId,
            type = "track",
            sourceId = "web",
            userId = "u1",
            @event = "Order Completed",
            receivedAt = Noon,
            timestamp = Noon,
        };
        change?.Invoke(envelope);
        return new IdentifiedEvent
        {
            profileId = profileId,
            validated = new ValidatedEvent { envelope = envelope, violations = [] },
            identifiers = [],
            origin = new RecordPosition { topic = "cdp.events.validated", partition = 0, offset = 0 },
        };
    }
}
