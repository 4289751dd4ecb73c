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

    /// <summary>Whether it is a list of such values.</summary>
    public bool Multiple { get; init; }

    public bool Required { get; init; }

    /// <summary>Whether null is a value; else null counts as missing.</summary>
    public bool AllowNull { get; init; }

    /// <summary>The values that are allowed: strings, numbers and booleans. Null: all.</summary>
    public IReadOnlyList<Datum>? Choices { get; init; }

    /// <summary>What a string must look like; null for no rule.</summary>
    public TextFormat? Format { get; init; }

    /// <summary>The smallest number, or the least length of a string in UTF-16 code units; null for none.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number, or the greatest length of a string in UTF-16 code units; null for none.</summary>
    public double? Maximum { get; init; }

    /// <summary>The properties of an object field; null if any object is allowed.</summary>
    public FieldSet? Properties { get; init; }

    /// <summary>The mapping that is used where a destination has none of its own for the field; null for none.</summary>
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
