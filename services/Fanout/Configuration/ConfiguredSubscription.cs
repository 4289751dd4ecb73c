using Cdp.Destinations.Routing;

namespace Cdp.Fanout.Configuration;

/// <summary>The events that trigger an action.</summary>
/// <param name="Route">The events, and how the fields are made from them. Its name is the one that records carry.</param>
/// <param name="Action">The name of the action in the description of the type.</param>
internal sealed record ConfiguredSubscription(ActionRoute Route, string Action);
