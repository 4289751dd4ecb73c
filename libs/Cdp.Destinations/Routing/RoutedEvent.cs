using System.Text.Json;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Routing;

/// <summary>What a destination does with an event.</summary>
public abstract record RoutedEvent
{
    private RoutedEvent() { }

    /// <summary>No action subscribes to the event.</summary>
    public sealed record NotSubscribed : RoutedEvent
    {
        public static readonly NotSubscribed Instance = new();
    }

    /// <summary>An action subscribes to the event, but a rule excludes it.</summary>
    /// <param name="Rule">The rule, for people.</param>
    public sealed record Filtered(string Rule) : RoutedEvent;

    /// <summary>The event triggers actions.</summary>
    /// <param name="Actions">The actions, in the order of the configuration.</param>
    public sealed record Triggered(IReadOnlyList<TriggeredAction> Actions) : RoutedEvent;
}

/// <summary>An action that an event triggers.</summary>
/// <param name="Action">The name of the action.</param>
/// <param name="Event">The event as JSON.</param>
/// <param name="Payload">The fields of the request.</param>
/// <param name="Fault">Why no request can be made; null if one can.</param>
public sealed record TriggeredAction(string Action, JsonElement Event, Datum Payload, string? Fault = null);
