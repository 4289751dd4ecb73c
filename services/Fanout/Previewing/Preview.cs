using System.Text.Json;
using cdp;
using Cdp.Destinations;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Routing;
using Cdp.Fanout.Configuration;

namespace Cdp.Fanout.Previewing;

/// <summary>What a destination does with one event.</summary>
public abstract record Preview
{
    private Preview() { }

    /// <summary>No action subscribes to the event.</summary>
    public sealed record NotSubscribed : Preview;

    /// <summary>A rule excludes the event.</summary>
    /// <param name="Rule">The rule, for people.</param>
    public sealed record Filtered(string Rule) : Preview;

    /// <summary>The event triggers actions.</summary>
    /// <param name="Actions">The actions, in the order of the configuration.</param>
    public sealed record Triggered(IReadOnlyList<PreviewedAction> Actions) : Preview;

    /// <summary>The event cannot be written as JSON.</summary>
    /// <param name="Fault">The fault, for people.</param>
    public sealed record Unreadable(string Fault) : Preview;

    /// <summary>Routes an event and builds its requests. Sends nothing.</summary>
    /// <param name="configured">The destination.</param>
    /// <param name="destination">Builds the requests.</param>
    /// <param name="identified">The event.</param>
    public static Preview Of(ConfiguredDestination configured, Destination destination, IdentifiedEvent identified)
    {
        try
        {
            return configured.Router.Route(identified) switch
            {
                RoutedEvent.Triggered triggered => new Triggered([.. triggered.Actions.Select(action => Of(configured.Id, destination, identified, action))]),
                RoutedEvent.Filtered filtered => new Filtered(filtered.Rule),
                _ => new NotSubscribed(),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return new Unreadable(e.Message);
        }
    }

    private static PreviewedAction Of(string destinationId, Destination destination, IdentifiedEvent identified, TriggeredAction action)
    {
        var envelope = identified.validated.envelope;
        var key = IdempotencyKey.Of(destinationId, envelope, action.Action);
        var item = new DeliveryItem(identified.profileId, envelope.messageId, key, null, action.Action, action.Event, action.Payload);
        return new PreviewedAction(item, action.Fault, action.Fault is null ? destination.Preview([item]) : null);
    }
}

/// <summary>An action that the event of a preview triggers.</summary>
/// <param name="Item">What is sent.</param>
/// <param name="Fault">Why no request can be made; null if one can.</param>
/// <param name="Request">The request, with *** for secrets; null if none can be made.</param>
public sealed record PreviewedAction(DeliveryItem Item, string? Fault, string? Request);
