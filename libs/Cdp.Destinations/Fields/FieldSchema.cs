using System.Text.Json;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>
/// The fields that an action of a destination takes: their types, which are required, and how each is made from an event by default. Compiled once; immutable;
/// thread-safe. It follows the field definitions of Segment's destinations, and treats a mapped event as their framework does.
/// </summary>
public sealed class FieldSchema
{
    private readonly FieldSet _fields;

    internal FieldSchema(FieldSet fields) => _fields = fields;

    /// <summary>Compiles a schema.</summary>
    /// <param name="fields">An object with a member for each field, such as <c>{"email": {"type": "string", "format": "email", "required": true}}</c>.</param>
    /// <param name="errors">Receives every fault: its path in the schema, what is wrong, and what to write.</param>
    /// <returns>The schema; null if there was a fault.</returns>
    public static FieldSchema? Parse(JsonElement fields, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return FieldReader.Read(fields.Clone(), errors);
    }

    /// <summary>Completes the mapping of a destination: fields that it does not map get the defaults of the schema.</summary>
    /// <param name="own">The mapping, an object with a member for each field; null for only the defaults. A field that is mapped to null has no value.</param>
    /// <param name="errors">Receives every fault with its path in the mapping.</param>
    /// <returns>The mapping; null if there was a fault.</returns>
    public EventMapping? Mapping(JsonElement? own, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return FieldDefaults.Mapping(_fields, own, errors);
    }

    /// <summary>
    /// Makes the payload from a mapped event: removes empty values and fields that the schema does not have, converts types, and checks every field.
    /// </summary>
    /// <param name="mapped">The object that the mapping made from the event.</param>
    public FieldResult Prepare(Datum mapped) => mapped.Kind == DatumKind.Object
        ? Preparation.Prepare(mapped, _fields)
        : new FieldResult.Invalid(["/ must be an object"]);
}
