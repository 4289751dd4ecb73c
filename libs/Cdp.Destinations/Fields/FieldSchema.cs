using System.Text.Json;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>
/// The fields that an action of a destination takes: their types, which are required, and how each is made from an event by default. Compiled once; immutable;
/// thread-safe. It follows the field definitions of Segment's destinations and what their framework does with a mapped event.
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

    /// <summary>The mapping of a destination: its own for the fields that it maps, and the defaults of the schema for the others.</summary>
    /// <param name="own">An object with a mapping for each field; null for the defaults alone. A field that is mapped to null has no value.</param>
    /// <param name="errors">Receives every fault with its path in the mapping.</param>
    /// <returns>The mapping; null if there was a fault.</returns>
    public EventMapping? Mapping(JsonElement? own, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return FieldDefaults.Mapping(_fields, own, errors);
    }

    /// <summary>
    /// The payload for a mapped event: empty values removed, fields that the schema does not have removed, types converted, everything checked.
    /// </summary>
    /// <param name="mapped">What the mapping made of the event, an object.</param>
    public FieldResult Prepare(Datum mapped) => mapped.Kind == DatumKind.Object
        ? Preparation.Prepare(mapped, _fields)
        : new FieldResult.Invalid(["/ must be an object"]);
}
