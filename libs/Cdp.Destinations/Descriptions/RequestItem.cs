using Cdp.Destinations.Delivery;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>What the templates of a request see of one item.</summary>
internal sealed record RequestItem(Datum Payload, Datum Event, string ProfileId, string MessageId, string IdempotencyKey, string? TraceParent)
{
    public static RequestItem Of(DeliveryItem item) =>
        new(item.Payload, Datum.Of(item.Event), item.ProfileId, item.MessageId, item.IdempotencyKey, item.TraceParent);

    public IEnumerable<KeyValuePair<string, Datum>> Members() =>
    [
        new("payload", Payload),
        new("event", Event),
        new("profile_id", Datum.Of(ProfileId)),
        new("message_id", Datum.Of(MessageId)),
        new("idempotency_key", Datum.Of(IdempotencyKey)),
        new("trace_parent", TraceParent is null ? Datum.Missing : Datum.Of(TraceParent)),
    ];
}
