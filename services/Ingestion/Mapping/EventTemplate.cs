using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>One event of a rule. What the wire contract wants as text or time is seen to be one; all else is left to those who judge every event.</summary>
public sealed class EventTemplate(IReadOnlyDictionary<string, Template> members)
{
    public static readonly IReadOnlyList<string> Types = ["track", "identify", "page", "screen", "group", "alias"];
    public static readonly IReadOnlyList<string> Texts =
        ["type", "messageId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "category", "channel"];
    public static readonly IReadOnlyList<string> Times = ["timestamp", "originalTimestamp", "sentAt"];
    public static readonly IReadOnlyList<string> FreeForm = ["properties", "traits", "context", "integrations"];

    /// <summary>The members that an event of a type must have; of those in one list any will do.</summary>
    public static IEnumerable<string[]> Required(string? type)
    {
        yield return ["type"];
        yield return ["userId", "anonymousId"];
        if (type == "track") yield return ["event"];
        if (type == "group") yield return ["groupId"];
        if (type == "alias") yield return ["previousId"];
    }

    /// <summary>Writes the event whole, or nothing and a fault.</summary>
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
            if (Values.Text(value) is not { } text) return new MappingFault(scalar.Text, $"{name} ({scalar.Text}) is {Kind(value)}, where a text is needed");
            if (string.IsNullOrWhiteSpace(text)) continue;
            if (name == "type" && !Types.Contains(text)) return new MappingFault(scalar.Text, $"type ({scalar.Text}) is none of {string.Join(", ", Types)}");
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
            var looked = names.Where(members.ContainsKey).Select(name => (Name: name, ((Scalar)members[name]).Text)).ToList();
            var places = string.Join(" and ", looked.Select(member => $"{member.Name} ({member.Text})"));
            return new MappingFault(looked.FirstOrDefault().Text ?? "", $"{places} found nothing");
        }
        return null;
    }

    private static MappingFault NoTime(string name, string path) =>
        new(path, $"{name} ({path}) is no time: neither ISO 8601 nor seconds or milliseconds since 1970");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => "no text that can be read",
    };
}
