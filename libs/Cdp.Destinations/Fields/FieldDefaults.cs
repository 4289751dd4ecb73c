using System.Text.Json;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>Completes the mapping of a destination with the defaults of a schema.</summary>
internal static class FieldDefaults
{
    public static EventMapping? Mapping(FieldSet fields, JsonElement? own, ICollection<string> errors)
    {
        if (own is { ValueKind: not JsonValueKind.Object })
        {
            errors.Add("/ must be an object with a mapping for each field");
            return null;
        }
        OrderedDictionary<string, Datum> members = [];
        foreach (var field in fields.All.Where(field => field.Default is not null)) members[field.Name] = Datum.Of(field.Default!.Value);
        var faults = 0;
        foreach (var member in own?.EnumerateObject() ?? default)
        {
            if (fields.Find(member.Name) is null)
            {
                errors.Add($"/{member.Name} is not a field; the fields are {string.Join(", ", fields.All.Select(field => field.Name))}");
                faults++;
            }
            members[member.Name] = Datum.Of(member.Value);
        }
        try
        {
            var mapping = EventMapping.Parse(Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[.. members]).ToElement());
            return faults == 0 ? mapping : null;
        }
        catch (MappingException exception)
        {
            foreach (var fault in exception.Faults) errors.Add(fault);
            return null;
        }
    }
}
