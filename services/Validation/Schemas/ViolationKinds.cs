namespace Cdp.Validation.Schemas;

/// <summary>The kinds of violation: the JSON Schema keyword that is violated, or one of two that do not come from a schema.</summary>
public static class ViolationKinds
{
    /// <summary>A track event that the plan does not list.</summary>
    public const string UnplannedEvent = "unplanned_event";

    /// <summary>The properties or traits are not a JSON object, or cannot be checked.</summary>
    public const string Json = "json";

    public const string Required = "required";

    /// <summary>All kinds.</summary>
    public static readonly IReadOnlySet<string> All = new HashSet<string>(StringComparer.Ordinal)
    {
        UnplannedEvent, Json, Required, "type", "enum", "pattern", "format", "minLength", "maxLength",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "additionalItems",
        "minProperties", "maxProperties", "additionalProperties", "anyOf", "oneOf", "not",
    };

    /// <summary>Whether a violation of the kind can have a member to omit.</summary>
    public static bool CanOmit(string kind) => kind is not (UnplannedEvent or Json or Required);
}
