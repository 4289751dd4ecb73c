using System.Text.Json;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>
/// Describes how to create the fields of a destination's request from an event, in the JSON dialect of Segment's mapping-kit: a value is copied, and an object
/// with one member whose name begins with @ is a directive, such as <c>{"@path": "$.properties.total"}</c>. Compiled once; thread-safe.
/// </summary>
public sealed class EventMapping
{
    private readonly Directive _directive;

    private EventMapping(Directive directive) => _directive = directive;

    /// <exception cref="MappingException">The mapping is invalid; the exception names every fault with its path.</exception>
    public static EventMapping Parse(JsonElement mapping) => new(MappingReader.Read(mapping.Clone()));

    /// <summary>The fields for one event. They are valid as long as the document of the event.</summary>
    /// <param name="event">The event as a JSON object in Segment's shape (<see cref="EventJson"/>).</param>
    /// <exception cref="ArgumentException">The event is not a JSON object.</exception>
    public Datum Map(JsonElement @event)
    {
        if (@event.ValueKind != JsonValueKind.Object) throw new ArgumentException($"an event is a JSON object, not {@event.ValueKind}", nameof(@event));
        return _directive.Resolve(Datum.Of(@event));
    }

    /// <summary>The same for a value that is not an event, such as the settings of a destination.</summary>
    public Datum Map(Datum data) => _directive.Resolve(data);
}
