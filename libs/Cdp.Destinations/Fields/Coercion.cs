using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>
/// Turns a value into the type of a field by the rules of Ajv's coerceTypes "array" (https://ajv.js.org/coercion.html), except that blank and hexadecimal
/// strings are not numbers.
/// </summary>
internal static class Coercion
{
    /// <summary>The value converted to the type of the field, not yet checked against choices and formats; missing if it cannot be converted.</summary>
    public static Datum ToType(Datum value, Field field)
    {
        if (IsOf(value, field)) return value;
        // A list with one value is converted like that value, except to an object.
        if (field.Type != FieldType.Object && value.Kind == DatumKind.Array && value.ItemCount() == 1)
        {
            value = value.Items().First();
            if (IsOf(value, field)) return value;
        }
        var coerced = field.Type switch
        {
            FieldType.String or FieldType.Text or FieldType.Password or FieldType.Datetime => ToText(value),
            FieldType.Number => ToNumber(value),
            FieldType.Integer => ToNumber(value) is var number && IsInteger(number) ? number : Datum.Missing,
            FieldType.Boolean => ToBoolean(value),
            _ => Datum.Missing,
        };
        return coerced.IsMissing && field.AllowNull && IsLikeNull(value) ? Datum.Null : coerced;
    }

    private static bool IsOf(Datum value, Field field) => value.Kind switch
    {
        DatumKind.Null => field.AllowNull,
        DatumKind.Text => field.IsText || field.Type == FieldType.Datetime,
        DatumKind.Number => field.Type is FieldType.Number or FieldType.Datetime || (field.Type == FieldType.Integer && IsInteger(value)),
        DatumKind.Boolean => field.Type == FieldType.Boolean,
        DatumKind.Object => field.Type == FieldType.Object,
        _ => false,
    };

    private static bool IsInteger(Datum value) => value.Kind == DatumKind.Number && double.IsInteger(value.Number);

    private static Datum ToText(Datum value) => value.Kind switch
    {
        DatumKind.Null => Datum.Of(""),
        DatumKind.Number or DatumKind.Boolean => ValueFunction.ToText(value),
        _ => Datum.Missing,
    };

    private static Datum ToNumber(Datum value) => value.Kind switch
    {
        DatumKind.Null => Datum.Of(0d),
        DatumKind.Text or DatumKind.Boolean => ValueFunction.ToNumber(value),
        _ => Datum.Missing,
    };

    private static Datum ToBoolean(Datum value) => value switch
    {
        { Kind: DatumKind.Null } or { Kind: DatumKind.Number, Number: 0 } or { Kind: DatumKind.Text, Text: "false" } => Datum.False,
        { Kind: DatumKind.Number, Number: 1 } or { Kind: DatumKind.Text, Text: "true" } => Datum.True,
        _ => Datum.Missing,
    };

    private static bool IsLikeNull(Datum value) => value is
    { Kind: DatumKind.Text, Text: "" } or { Kind: DatumKind.Number, Number: 0 } or { Kind: DatumKind.Boolean, Boolean: false };
}
