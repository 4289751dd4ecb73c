using System.Text.Json;
using cdp;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Filters;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Routing;

/// <summary>Decides what a destination does with an event: which actions it triggers, with which fields. Pure and thread-safe.</summary>
/// <param name="destinationId">The name of the destination in an event's <c>integrations</c>.</param>
/// <param name="actions">The actions of the destination.</param>
/// <param name="filter">Drops and changes the events that an action subscribes to, before they are mapped; null for no filter.</param>
public sealed class Router(string destinationId, IReadOnlyList<ActionRoute> actions, EventFilter? filter = null)
{
    /// <summary>The actions of the destination, in the order of the configuration.</summary>
    public IReadOnlyList<ActionRoute> Actions => actions;

    /// <summary>Whether an event of which only the record's headers have been read triggers an action. Null: that depends on the rest of the event.</summary>
    /// <param name="type">track, identify, page, screen, group or alias.</param>
    /// <param name="name">The name of a track event; null for other types.</param>
    public bool? Matches(string type, string? name)
    {
        bool? any = false;
        foreach (var action in actions)
        {
            var matches = action.Subscription.Matches(type, name);
            if (matches == true) return true;
            if (matches is null) any = null;
        }
        return any;
    }

    /// <summary>What the destination does with an event.</summary>
    /// <param name="identified">The event.</param>
    /// <param name="only">The one action to consider; null for all.</param>
    /// <exception cref="JsonException">A member of the event that holds the sender's JSON is not JSON.</exception>
    public RoutedEvent Route(IdentifiedEvent identified, string? only = null)
    {
        var envelope = identified.validated.envelope;
        var candidates = actions.Where(action => (only is null || action.Name == only) && action.Subscription.Matches(envelope.type, Name(envelope)) != false)
            .ToList();
        if (candidates.Count == 0) return RoutedEvent.NotSubscribed.Instance;
        var json = JsonElement.Parse(EventJson.Write(identified));
        candidates.RemoveAll(action => !action.Subscription.Matches(json));
        if (candidates.Count == 0) return RoutedEvent.NotSubscribed.Instance;
        if (!IsWanted(envelope.integrations)) return new RoutedEvent.Filtered($"the sender excludes {destinationId} in integrations");
        switch (filter?.Apply(json))
        {
            case FilterResult.Dropped dropped:
                return new RoutedEvent.Filtered(dropped.Rule);
            case FilterResult.Passed passed:
                json = passed.Event;
                break;
        }
        return new RoutedEvent.Triggered([.. candidates.Select(action => Trigger(action, json))]);
    }

    private static TriggeredAction Trigger(ActionRoute action, JsonElement json)
    {
        var mapped = action.Mapping is { } mapping ? mapping.Map(json) : Datum.Of(json);
        return action.Fields?.Prepare(mapped) switch
        {
            FieldResult.Prepared prepared => new TriggeredAction(action.Name, json, prepared.Payload),
            FieldResult.Invalid invalid => new TriggeredAction(action.Name, json, mapped, string.Join("; ", invalid.Faults)),
            _ => new TriggeredAction(action.Name, json, mapped),
        };
    }

    private static string? Name(Event envelope) => envelope.type == "track" ? envelope.@event : null;

    // A sender excludes a destination with {"NAME": false}, or with {"All": false} and neither {"NAME": true} nor options for it.
    private bool IsWanted(string? integrations)
    {
        if (integrations is null) return true;
        using var document = JsonDocument.Parse(integrations);
        if (document.RootElement.ValueKind != JsonValueKind.Object) return true;
        if (document.RootElement.TryGetProperty(destinationId, out var wish) && wish.ValueKind != JsonValueKind.Null)
            return wish.ValueKind != JsonValueKind.False;
        return !document.RootElement.TryGetProperty("All", out var all) || all.ValueKind != JsonValueKind.False;
    }
}
