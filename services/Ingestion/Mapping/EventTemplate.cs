using System.Text.Json;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Mapping;

/// <summary>The template of one event of a rule. It ensures that strings and times are valid; the other checks are the same as for any event.</summary>
public sealed class EventTemplate(IReadOnlyDictionary<string, Template> members)
{
    public static readonly IReadOnlyList<string> Types = ["track", "identify", "page", "screen", "group", "alias"];
    public static readonly IReadOnlyList<string> Texts =
        ["type", "messageId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "category", "channel"];
    public static readonly IReadOnlyList<string> Times = ["timestamp", "originalTimestamp", "sentAt"];
    public static readonly IReadOnlyList<string> FreeForm = ["properties", "traits", "context", "integrations"];

    /// <summary>The members that an event of a type must have. At least one member of each list is required.</summary>
    public static IEnumerable<string[]> Required(string? type)
    {
        yield return ["type"];
        yield return ["userId", "anonymousId"];
        if (type == "track") yield return ["event"];
        if (type == "group") yield return ["groupId"];
        if (type == "alias") yield return ["previousId"];
    }

    /// <summary>Writes the event, or writes nothing and returns an error.</summary>
    public MappingFault? Write(Output output, in Payload payload)
    {
        var written = new Dictionary<string, string>(members.Count);
        output.Begin(null, '{');
        var fault = WriteMembers(output, payload, written) ?? FindMissing(written);
        output.End('}');
        output.EndEvent(keep: fault is null);
        return fault;
    }

    private MappingFault? WriteMembers(Output output, in Payload payload, Dictionary<string, string> written)
    {
        foreach (var (name, template) in members)
        {
            if (template is not Scalar scalar || FreeForm.Contains(name))
            {
                template.Write(output, name, payload);
                continue;
            }
            var value = scalar.Evaluate(payload);
            if (Values.IsNothing(value)) continue;
            if (Times.Contains(name))
            {
                if (Conversions.Time(value) is not { } time) return NoTime(name, scalar.Text);
                output.Write(name, time);
                continue;
            }
            if (Values.Text(value) is not { } text) return new MappingFault(scalar.Text, $"{name} ({scalar.Text}) is {Kind(value)} but must be a text");
            if (string.IsNullOrWhiteSpace(text)) continue;
            if (name == "type")
            {
                // Case-insensitive, as in SDK requests.
                if (EventTypes.Find(text) is not { } type || !Types.Contains(type))
                {
                    return new MappingFault(scalar.Text, $"type ({scalar.Text}) is not one of {string.Join(", ", Types)}");
                }
                text = type;
            }
            written[name] = text;
            output.WriteText(name, name == "messageId" ? output.Distinct(text) : text);
        }
        return null;
    }

    private MappingFault? FindMissing(Dictionary<string, string> written)
    {
        foreach (var names in Required(written.GetValueOrDefault("type")))
        {
            if (names.Any(written.ContainsKey)) continue;
            var evaluated = names.Where(members.ContainsKey).Select(name => (Name: name, ((Scalar)members[name]).Text)).ToList();
            var places = string.Join(" and ", evaluated.Select(member => $"{member.Name} ({member.Text})"));
            return new MappingFault(evaluated.FirstOrDefault().Text ?? "", $"{places} found no value");
        }
        return null;
    }

    private static MappingFault NoTime(string name, string path) =>
        new(path, $"{name} ({path}) is not a time: neither ISO 8601 nor seconds or milliseconds since 1970");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => "not valid Unicode",
    };
}
