using Cdp.Destinations.Fields;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;

namespace Cdp.Destinations.Routing;

/// <summary>An action of a destination, and the events that trigger it.</summary>
/// <param name="Name">The name of the action; empty for a destination that has only one.</param>
/// <param name="Subscription">The events that trigger it.</param>
/// <param name="Mapping">Makes the fields of the request from an event; null: the event is sent as it is.</param>
/// <param name="Fields">The types and rules of the fields; null: what the mapping made is sent as it is.</param>
public sealed record ActionRoute(string Name, FqlExpression Subscription, EventMapping? Mapping, FieldSchema? Fields = null);
