using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>Makes the payload of one event: removes empty values, converts types, and checks every field.</summary>
internal struct Preparation
{
    private List<string>? _faults;

    public static FieldResult Prepare(Datum mapped, FieldSet fields)
    {
        var preparation = default(Preparation);
        var payload = preparation.Members(mapped, fields, "", isRoot: true, removesNulls: true);
        return preparation._faults is { } faults ? new FieldResult.Invalid(faults) : new FieldResult.Prepared(payload);
    }

    private Datum Members(Datum value, FieldSet fields, string path, bool isRoot, bool removesNulls)
    {
        var given = value.Members();
        List<KeyValuePair<string, Datum>> members = new(given.Count);
        for (var i = 0; i < given.Count; i++)
        {
            var (name, member) = given[i];
            if (fields.Find(name) is not { } field)
            {
                if (fields.KeepsOthers) members.Add(new(name, member));
                continue;
            }
            if (member.IsMissing || (removesNulls && IsEmpty(member, field, isRoot))) continue;
            members.Add(new(name, Value(member, field, path, removesNulls)));
        }
        foreach (var field in fields.Required)
        {
            if (!members.Exists(member => member.Key == field.Name)) Fault($"{path}/{field.Name}", "is missing");
        }
        return Datum.Of(members);
    }

    // Null counts as missing unless it is allowed. So does an empty string if the field is at the top level, or neither a string nor a date.
    private static bool IsEmpty(Datum value, Field field, bool isRoot) => value.Kind switch
    {
        DatumKind.Null => !field.AllowNull || field.Multiple,
        DatumKind.Text when value.Text.Length == 0 => isRoot || field.Multiple || !(field.IsText || field.Type == FieldType.Datetime),
        _ => false,
    };

    private Datum Value(Datum value, Field field, string path, bool removesNulls)
    {
        if (!field.Multiple) return One(value, field, path, field.Name, removesNulls);
        if (value.Kind != DatumKind.Array) return Datum.Of((IReadOnlyList<Datum>)[One(value, field, path, $"{field.Name}/0", removesNulls: false)]);
        List<Datum> items = new(value.ItemCount());
        foreach (var item in value.Items())
        {
            // As in the reference, a list has no empty items, but the objects in it keep their nulls.
            if (!item.IsMissing && !IsEmptyItem(item, field)) items.Add(One(item, field, path, $"{field.Name}/{items.Count}", removesNulls: false));
        }
        return Datum.Of(items);
    }

    private static bool IsEmptyItem(Datum item, Field field) => item.Kind switch
    {
        DatumKind.Null => true,
        DatumKind.Text when item.Text.Length == 0 => !(field.IsText || field.Type == FieldType.Datetime),
        _ => false,
    };

    private Datum One(Datum value, Field field, string path, string name, bool removesNulls)
    {
        var converted = Coercion.ToType(value, field);
        if (converted.IsMissing) return Fault($"{path}/{name}", $"must be {Expected(field)}, not {Kind(value)}");
        if (converted.Kind == DatumKind.Null && field.AllowNull) return converted;
        if (field.Choices is { } choices && !choices.Any(choice => AreEqual(choice, converted)))
        {
            return Fault($"{path}/{name}", $"must be one of {string.Join(", ", choices.Select(choice => choice.ToJson()))}");
        }
        return converted.Kind switch
        {
            DatumKind.Text => Text(converted, field, path, name),
            DatumKind.Number => Number(converted, field, path, name),
            DatumKind.Object when field.Properties is { } properties => Members(converted, properties, $"{path}/{name}", isRoot: false, removesNulls),
            _ => converted,
        };
    }

    private Datum Text(Datum value, Field field, string path, string name)
    {
        if (field.Format is { } format && !format.Matches(value.Text)) return Fault($"{path}/{name}", $"must have the format {format.Name}");
        if (value.Text.Length < field.Minimum) return Fault($"{path}/{name}", $"must have at least {field.Minimum} characters");
        return value.Text.Length > field.Maximum ? Fault($"{path}/{name}", $"must have at most {field.Maximum} characters") : value;
    }

    private Datum Number(Datum value, Field field, string path, string name)
    {
        if (value.Number < field.Minimum) return Fault($"{path}/{name}", $"must be at least {field.Minimum}");
        return value.Number > field.Maximum ? Fault($"{path}/{name}", $"must be at most {field.Maximum}") : value;
    }

    private Datum Fault(string path, string message)
    {
        (_faults ??= []).Add($"{path} {message}");
        return Datum.Null;
    }

    private static bool AreEqual(Datum choice, Datum value) => choice.Kind == value.Kind && choice.Kind switch
    {
        DatumKind.Text => choice.Text == value.Text,
        DatumKind.Number => choice.Number == value.Number,
        DatumKind.Boolean => choice.Boolean == value.Boolean,
        _ => false,
    };

    private static string Expected(Field field) => field.Type switch
    {
        FieldType.Number => "a number",
        FieldType.Integer => "an integer",
        FieldType.Datetime => "a date and time",
        FieldType.Boolean => "true or false",
        FieldType.Object => "an object",
        _ => "a string",
    };

    private static string Kind(Datum value) => value.Kind switch
    {
        DatumKind.Null => "null",
        DatumKind.Boolean => "a boolean",
        DatumKind.Number => "this number",
        DatumKind.Text => "this string",
        DatumKind.Array => "a list",
        _ => "an object",
    };
}
