using System.Text.Json;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;

namespace Cdp.Destinations.Descriptions;

/// <summary>Something that a destination can do with an event, such as recording a purchase.</summary>
public sealed record ActionDescription
{
    /// <summary>The name by which operators choose it.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, for people.</summary>
    public required string Description { get; init; }

    /// <summary>The fields of its payload, with the defaults of their mappings; null if it takes any payload, by default the event.</summary>
    public FieldSchema? Fields { get; init; }

    /// <summary>How items are put together into requests. A destination may set the number of items: see <see cref="HttpDestination.Batch"/>.</summary>
    public required BatchRule Batch { get; init; }

    /// <summary>The setting that holds the most items of a request; null if that does not depend on settings.</summary>
    internal string? BatchSetting { get; init; }

    /// <summary>The most bytes of a body; an attempt with more is refused before it is sent.</summary>
    internal int MaxBody { get; init; } = int.MaxValue;

    /// <summary>The most bytes of one item in the body; an item with more is refused before it is sent.</summary>
    internal int MaxItem { get; init; } = int.MaxValue;

    /// <summary>A request whose response says whether the target already has the object.</summary>
    internal LookupTemplate? Lookup { get; init; }

    /// <summary>The request; null if nothing is sent for what the lookup does not find.</summary>
    internal RequestTemplate? Request { get; init; }

    /// <summary>The request for what the lookup found.</summary>
    internal RequestTemplate? RequestIfFound { get; init; }

    internal ResponseRules Responses { get; init; } = new([]);

    /// <summary>
    /// The mapping of a destination for this action: its own for the fields that it maps, and the defaults for the others. Null if there is none: the payload
    /// is the event.
    /// </summary>
    /// <param name="own">An object with a mapping for each field; null for the defaults alone.</param>
    /// <param name="errors">Receives every fault with its path in the mapping.</param>
    public EventMapping? Mapping(JsonElement? own, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (Fields is not null) return Fields.Mapping(own, errors);
        if (own is not { } mapping) return null;
        try
        {
            return EventMapping.Parse(mapping);
        }
        catch (MappingException e)
        {
            foreach (var fault in e.Faults) errors.Add(fault);
            return null;
        }
    }
}

/// <summary>A request that asks whether the target already has an object.</summary>
/// <param name="Request">The request.</param>
/// <param name="Found">Where its id stands in the response; nothing there means that there is none.</param>
internal sealed record LookupTemplate(RequestTemplate Request, ResponsePath Found);

/// <summary>A subscription with its mapping that operators can use as it is.</summary>
/// <param name="Name">The name, for people.</param>
/// <param name="Subscribe">Which events trigger the action.</param>
/// <param name="Action">The name of the action.</param>
/// <param name="Mapping">How its payload is made from an event, the defaults of the fields included; null if the payload is the event.</param>
public sealed record Preset(string Name, FqlExpression Subscribe, string Action, EventMapping? Mapping);

/// <summary>How the data of a customer is deleted at the target.</summary>
public sealed record DeletionDescription
{
    internal DeletionDescription(ActionDescription action) => Action = action;

    /// <summary>The most customers in a request.</summary>
    public int Items => Action.Batch.Items;

    /// <summary>The identifiers by which the target can find a customer, of which one is needed: user_id, anonymous_id, email, phone.</summary>
    public required IReadOnlyList<string> Identifiers { get; init; }

    /// <summary>The optional settings that a deletion needs.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    internal ActionDescription Action { get; }

    /// <summary>The authentication of deletions; null for that of the other requests.</summary>
    internal AuthenticationTemplate? Authentication { get; init; }
}
