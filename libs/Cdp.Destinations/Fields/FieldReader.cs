using System.Text.Json;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>Reads a schema and collects every fault with its path, such as <c>/email/format</c>.</summary>
internal sealed class FieldReader(ICollection<string> errors)
{
    private const int MaxDepth = 10;

    private static readonly string[] Keys =
    [
        "label", "description", "type", "multiple", "required", "allowNull", "choices", "format", "minimum", "maximum", "default", "properties",
        "additionalProperties",
    ];

    private int _faults;

    public static FieldSchema? Read(JsonElement fields, ICollection<string> errors)
    {
        var reader = new FieldReader(errors);
        var set = reader.Set(fields, "", keepsOthers: false, depth: 0);
        return reader._faults == 0 ? new FieldSchema(set) : null;
    }

    private FieldSet Set(JsonElement fields, string path, bool keepsOthers, int depth)
    {
        if (fields.ValueKind != JsonValueKind.Object) Fault(path, "must be an object with a member for each field");
        else if (depth > MaxDepth) Fault(path, $"is nested deeper than {MaxDepth} levels");
        else
        {
            var names = fields.EnumerateObject().GroupBy(field => field.Name).Where(same => same.Count() > 1).Select(same => same.Key).ToList();
            foreach (var name in names) Fault($"{path}/{name}", "occurs twice");
            if (names.Count == 0) return new FieldSet([.. fields.EnumerateObject().Select(field => Field(field, $"{path}/{field.Name}", depth))], keepsOthers);
        }
        return new FieldSet([], keepsOthers);
    }

    private Field Field(JsonProperty field, string path, int depth)
    {
        var definition = field.Value;
        if (definition.ValueKind != JsonValueKind.Object)
        {
            Fault(path, "must be an object with the type of the field, such as {\"type\": \"string\"}");
            return new Field { Name = field.Name, Type = FieldType.String };
        }
        foreach (var member in definition.EnumerateObject().Where(member => !Keys.Contains(member.Name)))
        {
            Fault($"{path}/{member.Name}", $"is not known; the keys of a field are {string.Join(", ", Keys)}");
        }
        var type = Type(definition, path);
        return new Field
        {
            Name = field.Name,
            Type = type,
            Multiple = Flag(definition, "multiple", path),
            Required = Flag(definition, "required", path),
            AllowNull = Flag(definition, "allowNull", path),
            Choices = Choices(definition, path),
            Format = Format(definition, path) ?? (type == FieldType.Datetime ? TextFormat.ByName["date-like"] : null),
            Minimum = Number(definition, "minimum", path),
            Maximum = Number(definition, "maximum", path),
            Properties = Properties(definition, path, type, depth),
            Default = Default(definition, path),
        };
    }

    private FieldType Type(JsonElement definition, string path)
    {
        var name = definition.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
        foreach (var known in Enum.GetValues<FieldType>())
        {
            if (name == Name(known)) return known;
        }
        Fault($"{path}/type", $"must be one of {string.Join(", ", Enum.GetValues<FieldType>().Select(Name))}");
        return FieldType.String;

        static string Name(FieldType known) => known.ToString().ToLowerInvariant();
    }

    private List<Datum>? Choices(JsonElement definition, string path)
    {
        if (!definition.TryGetProperty("choices", out var choices)) return null;
        List<Datum> values = [];
        foreach (var choice in choices.ValueKind == JsonValueKind.Array ? choices.EnumerateArray() : default)
        {
            var value = choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("value", out var member) ? member : choice;
            if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) values.Add(Datum.Of(value));
        }
        if (choices.ValueKind == JsonValueKind.Array && values.Count > 0 && values.Count == choices.GetArrayLength()) return values;
        Fault($"{path}/choices", "must be a list of strings, numbers or booleans, or of objects with a label and such a value");
        return null;
    }

    private TextFormat? Format(JsonElement definition, string path)
    {
        if (!definition.TryGetProperty("format", out var format)) return null;
        if (format.ValueKind == JsonValueKind.String && TextFormat.ByName.TryGetValue(format.GetString()!, out var known)) return known;
        Fault($"{path}/format", $"must be one of {string.Join(", ", TextFormat.ByName.Keys)}");
        return null;
    }

    private FieldSet? Properties(JsonElement definition, string path, FieldType type, int depth)
    {
        var keepsOthers = Flag(definition, "additionalProperties", path);
        if (!definition.TryGetProperty("properties", out var properties)) return null;
        if (type != FieldType.Object) Fault($"{path}/properties", "is only for fields of the type object");
        return Set(properties, $"{path}/properties", keepsOthers, depth + 1);
    }

    private JsonElement? Default(JsonElement definition, string path)
    {
        if (!definition.TryGetProperty("default", out var mapping)) return null;
        try
        {
            // A default may be any value, but a mapping is an object.
            EventMapping.Parse(Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[new("default", Datum.Of(mapping))]).ToElement());
        }
        catch (MappingException exception)
        {
            foreach (var fault in exception.Faults) Fault(path + fault[..fault.IndexOf(' ')], fault[(fault.IndexOf(' ') + 1)..]);
        }
        return mapping;
    }

    private double? Number(JsonElement definition, string name, string path)
    {
        if (!definition.TryGetProperty(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        Fault($"{path}/{name}", "must be a number");
        return null;
    }

    private bool Flag(JsonElement definition, string name, string path)
    {
        if (!definition.TryGetProperty(name, out var value)) return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Fault($"{path}/{name}", "must be true or false");
        return false;
    }

    private void Fault(string path, string message)
    {
        _faults++;
        errors.Add($"{(path.Length == 0 ? "/" : path)} {message}");
    }
}
