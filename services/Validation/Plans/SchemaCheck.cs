using System.Text.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;

namespace Cdp.Validation.Plans;

/// <summary>One way in which a JSON text breaks a schema.</summary>
/// <param name="Kind">One of <see cref="ViolationKinds.All"/>.</param>
/// <param name="Path">JSON Pointer to the offending member, or to where a missing one should be.</param>
/// <param name="Message">What was expected. It quotes the schema, never the event: values are personal data.</param>
/// <param name="Member">JSON Pointer to the member that would have to go; null where none is there. An element of an array takes the array with it.</param>
public sealed record Finding(string Kind, string Path, string Message, string? Member);

/// <summary>Holds a JSON text against a schema: all findings, not the first.</summary>
public static class SchemaCheck
{
    private static readonly JsonSchemaValidator Validator = new(new JsonSchemaValidatorSettings());

    public static IReadOnlyList<Finding> Check(string json, JsonSchema schema)
    {
        JToken root;
        try
        {
            root = JsonTree.Parse(json);
        }
        catch (JsonException e)
        {
            return [new Finding(ViolationKinds.Json, "", $"is not JSON that can be checked: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", null)];
        }
        if (root is not JObject) return [new Finding(ViolationKinds.Json, "", "must be a JSON object", null)];
        var errors = Validator.Validate(root, schema);
        return errors.Count == 0 ? [] : [.. errors.SelectMany(Leaves).Select(Describe).Distinct()];
    }

    // Errors of elements and of allOf are told one by one; of anyOf and oneOf none of the branches is the wrong one.
    private static IEnumerable<ValidationError> Leaves(ValidationError error) => error switch
    {
        ChildSchemaValidationError { Kind: ValidationErrorKind.NotAllOf or ValidationErrorKind.ArrayItemNotValid or ValidationErrorKind.AdditionalItemNotValid or ValidationErrorKind.AdditionalPropertiesNotValid } parent =>
            parent.Errors.Values.SelectMany(errors => errors).SelectMany(Leaves),
        // Of several types one fits: what is wrong is what else the schema says.
        MultiTypeValidationError types when types.Errors.Values.FirstOrDefault(errors => errors.All(one => ViolationKinds.Of(one) != "type")) is { } others => others,
        // The library misses members of what is no object too; that it is none is an error of its own.
        { Kind: ValidationErrorKind.PropertyRequired, Token: not JObject } => [],
        _ => [error],
    };

    private static Finding Describe(ValidationError error)
    {
        var kind = ViolationKinds.Of(error);
        var path = JsonTree.Pointer(error.Token!);
        if (kind == ViolationKinds.Required) return new Finding(kind, $"{path}/{JsonTree.Escape(error.Property!)}", $"'{error.Property}' is missing", null);

        var member = error.Token!;
        while (member.Parent is JArray array) member = array;
        return new Finding(kind, path, Message(kind, error.Schema), member.Parent is null ? null : JsonTree.Pointer(member));
    }

    private static string Message(string kind, JsonSchema schema) => FormattableString.Invariant(kind switch
    {
        "type" => $"must be of type {schema.Type.ToString().ToLowerInvariant().Replace(", ", " or ")}",
        "enum" => $"must be one of {string.Join(", ", schema.Enumeration.Select(value => value ?? "null"))}",
        "pattern" => $"must match {schema.Pattern}",
        "format" => $"must have the format {schema.Format}",
        "minLength" => $"must have {schema.MinLength} characters or more",
        "maxLength" => $"must have {schema.MaxLength} characters or fewer",
        "minimum" => $"must be {schema.Minimum} or more",
        "maximum" => $"must be {schema.Maximum} or less",
        "exclusiveMinimum" => $"must be more than {schema.ExclusiveMinimum}",
        "exclusiveMaximum" => $"must be less than {schema.ExclusiveMaximum}",
        "multipleOf" => $"must be a multiple of {schema.MultipleOf}",
        "minItems" => $"must have {schema.MinItems} elements or more",
        "maxItems" => $"must have {schema.MaxItems} elements or fewer",
        "additionalItems" => $"must have {schema.Items.Count} elements or fewer",
        "uniqueItems" => $"must not repeat an element",
        "minProperties" => $"must have {schema.MinProperties} members or more",
        "maxProperties" => $"must have {schema.MaxProperties} members or fewer",
        "additionalProperties" => $"is not a member that the plan names",
        "anyOf" => $"must satisfy one of the {schema.AnyOf.Count} schemas of anyOf, and satisfies none",
        "oneOf" => $"must satisfy exactly one of the {schema.OneOf.Count} schemas of oneOf",
        _ => $"must not satisfy the schema of {kind}",
    });
}
