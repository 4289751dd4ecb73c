using System.Text.Json;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Delivery;

/// <summary>An event on its way to a destination, or one action that the event triggers there.</summary>
/// <param name="ProfileId">The profile of the event. Items of one profile are delivered in order, unless the destination has <c>order: none</c>.</param>
/// <param name="MessageId">The messageId of the event.</param>
/// <param name="IdempotencyKey">The same for every attempt, also after a restart or a re-drive (<see cref="Destinations.IdempotencyKey"/>).</param>
/// <param name="TraceParent">The W3C trace context of the event; null if unknown.</param>
/// <param name="Action">The name of the action that the event triggers.</param>
/// <param name="Event">The event as JSON in Segment's shape (<see cref="EventJson"/>), after the filters of the destination.</param>
/// <param name="Payload">The fields that the action's mapping made from the event; the event itself for an action without a mapping.</param>
public sealed record DeliveryItem(
    string ProfileId, string MessageId, string IdempotencyKey, string? TraceParent, string Action, JsonElement Event, Datum Payload);
