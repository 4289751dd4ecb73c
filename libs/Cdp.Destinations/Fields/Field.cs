using System.Collections.Frozen;
using System.Text.Json;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>The type of a field, with the names of the reference in lower case.</summary>
internal enum FieldType : byte
{
    String,
    Text,
    Number,
    Integer,
    Datetime,
    Boolean,
    Password,
    Object,
}

/// <summary>A field of an action, or a property of an object field.</summary>
internal sealed record Field
{
    public required string Name { get; init; }

    public required FieldType Type { get; init; }

    /// <summary>Whether the field is a list of values of the type.</summary>
    public bool Multiple { get; init; }

    public bool Required { get; init; }

    /// <summary>Whether null is a valid value; otherwise null counts as missing.</summary>
    public bool AllowNull { get; init; }

    /// <summary>The allowed values: strings, numbers and booleans; null if all are allowed.</summary>
    public IReadOnlyList<Datum>? Choices { get; init; }

    /// <summary>The format that a string must have; null if any is allowed.</summary>
    public TextFormat? Format { get; init; }

    /// <summary>The minimum of a number, or of the length of a string in UTF-16 code units; null for no minimum.</summary>
    public double? Minimum { get; init; }

    /// <summary>The maximum of a number, or of the length of a string in UTF-16 code units; null for no maximum.</summary>
    public double? Maximum { get; init; }

    /// <summary>The properties of an object field; null if any object is allowed.</summary>
    public FieldSet? Properties { get; init; }

    /// <summary>The mapping that is used if a destination does not map the field; null for no default.</summary>
    public JsonElement? Default { get; init; }

    public bool IsText => Type is FieldType.String or FieldType.Text or FieldType.Password;
}

/// <summary>The fields of an action, or the properties of an object.</summary>
/// <param name="fields">In the order of the schema.</param>
/// <param name="keepsOthers">Whether members that are not in the schema are kept.</param>
internal sealed class FieldSet(IReadOnlyList<Field> fields, bool keepsOthers)
{
    private readonly FrozenDictionary<string, Field> _byName = fields.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal);

    public IReadOnlyList<Field> All { get; } = fields;

    public IReadOnlyList<Field> Required { get; } = [.. fields.Where(field => field.Required)];

    public bool KeepsOthers { get; } = keepsOthers;

    public Field? Find(string name) => _byName.GetValueOrDefault(name);
}
