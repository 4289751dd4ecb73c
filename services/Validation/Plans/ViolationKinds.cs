using NJsonSchema.Validation;

namespace Cdp.Validation.Plans;

/// <summary>The kinds of violation: the JSON Schema keyword that is broken, or one of the two that are not about a schema.</summary>
public static class ViolationKinds
{
    /// <summary>A track event that the plan does not name.</summary>
    public const string UnplannedEvent = "unplanned_event";

    /// <summary>What should be a JSON object is none.</summary>
    public const string Json = "json";

    public const string Required = "required";

    /// <summary>Every kind that a plan can name an action for.</summary>
    public static readonly IReadOnlySet<string> All = new HashSet<string>(StringComparer.Ordinal)
    {
        UnplannedEvent, Json, Required, "type", "enum", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "multipleOf", "minItems", "maxItems", "uniqueItems", "additionalItems", "minProperties", "maxProperties", "additionalProperties", "anyOf", "oneOf", "not",
    };

    /// <summary>Whether there is a member that could be left out.</summary>
    public static bool CanOmit(string kind) => kind is not (UnplannedEvent or Json or Required);

    /// <summary>The schema keyword behind the library's error.</summary>
    public static string Of(ValidationError error) => error.Kind switch
    {
        ValidationErrorKind.PropertyRequired => Required,
        ValidationErrorKind.PatternMismatch => "pattern",
        ValidationErrorKind.StringTooShort => "minLength",
        ValidationErrorKind.StringTooLong => "maxLength",
        ValidationErrorKind.NumberTooSmall => error.Schema.Minimum is null ? "exclusiveMinimum" : "minimum",
        ValidationErrorKind.NumberTooBig or ValidationErrorKind.IntegerTooBig => error.Schema.Maximum is null ? "exclusiveMaximum" : "maximum",
        ValidationErrorKind.NumberNotMultipleOf or ValidationErrorKind.IntegerNotMultipleOf => "multipleOf",
        ValidationErrorKind.TooManyItems => "maxItems",
        ValidationErrorKind.TooFewItems => "minItems",
        ValidationErrorKind.ItemsNotUnique => "uniqueItems",
        ValidationErrorKind.TooManyItemsInTuple => "additionalItems",
        ValidationErrorKind.TooManyProperties => "maxProperties",
        ValidationErrorKind.TooFewProperties => "minProperties",
        ValidationErrorKind.NoAdditionalPropertiesAllowed => "additionalProperties",
        ValidationErrorKind.NotInEnumeration => "enum",
        ValidationErrorKind.NotAnyOf => "anyOf",
        ValidationErrorKind.NotOneOf => "oneOf",
        ValidationErrorKind.ExcludedSchemaValidates => "not",
        ValidationErrorKind.StringExpected or ValidationErrorKind.NumberExpected or ValidationErrorKind.IntegerExpected or ValidationErrorKind.BooleanExpected
            or ValidationErrorKind.ObjectExpected or ValidationErrorKind.ArrayExpected or ValidationErrorKind.NullExpected or ValidationErrorKind.NoTypeValidates => "type",
        _ => "format",
    };
}
