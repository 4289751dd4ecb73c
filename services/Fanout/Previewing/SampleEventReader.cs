using System.Globalization;
using System.Text.Json;
using cdp;

namespace Cdp.Fanout.Previewing;

/// <summary>Reads an event from JSON in the format of Segment's destinations, as <see cref="Destinations.EventJson"/> writes it.</summary>
public static class SampleEventReader
{
    private static readonly string[] Types = ["track", "identify", "page", "screen", "group", "alias", "merge"];
    private static readonly string[] Strings =
        ["messageId", "type", "profileId", "sourceId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "category", "channel"];
    private static readonly string[] Objects = ["properties", "traits", "context", "integrations"];
    private static readonly string[] Times = ["originalTimestamp", "sentAt", "receivedAt", "timestamp"];

    /// <summary>Reads an event. Only its type is required.</summary>
    /// <param name="json">The event.</param>
    /// <param name="messageId">The messageId of an event without one.</param>
    /// <param name="now">The time of an event without one, in UTC.</param>
    /// <param name="faults">Receives what is wrong with the event, with the remedy.</param>
    public static IdentifiedEvent Read(JsonElement json, string messageId, DateTime now, ICollection<string> faults)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (json.ValueKind == JsonValueKind.Object) foreach (var member in json.EnumerateObject()) members[member.Name] = member.Value;
        else faults.Add("event must be a JSON object such as {\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"u1\"}");
        foreach (var (name, _) in members.Where(member => member.Value.ValueKind == JsonValueKind.Null).ToList()) members.Remove(name);
        Check(members, Strings, JsonValueKind.String, "a string", faults);
        Check(members, Objects, JsonValueKind.Object, "an object", faults);
        Check(members, Times, JsonValueKind.String, "a time", faults);
        var type = Text("type") ?? "";
        if (!Types.Contains(type)) faults.Add($"event.type is '{type}'; it must be one of {string.Join(", ", Types)}");
        var time = Time("timestamp") ?? Time("receivedAt") ?? now;
        var envelope = new Event
        {
            messageId = Text("messageId") ?? messageId,
            type = type,
            sourceId = Text("sourceId") ?? "preview",
            userId = Text("userId"),
            anonymousId = Text("anonymousId"),
            previousId = Text("previousId"),
            groupId = Text("groupId"),
            @event = Text("event"),
            name = Text("name"),
            category = Text("category"),
            channel = Text("channel"),
            properties = Raw("properties"),
            traits = Raw("traits"),
            context = Raw("context"),
            integrations = Raw("integrations"),
            originalTimestamp = Time("originalTimestamp"),
            sentAt = Time("sentAt"),
            receivedAt = Time("receivedAt") ?? time,
            timestamp = time,
            extra = Extra(members),
        };
        return new IdentifiedEvent
        {
            profileId = Text("profileId") ?? "preview",
            validated = new ValidatedEvent { envelope = envelope, violations = [] },
            identifiers = [],
            origin = new RecordPosition { topic = "", partition = 0, offset = 0 },
            dropped = [],
        };

        string? Text(string name) => members.GetValueOrDefault(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

        string? Raw(string name) => members.GetValueOrDefault(name) is { ValueKind: JsonValueKind.Object } value ? value.GetRawText() : null;

        DateTime? Time(string name)
        {
            if (Text(name) is not { } text) return null;
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)) return parsed.UtcDateTime;
            var fault = $"event.{name} is '{text}'; it must be a time such as 2026-01-01T00:00:00Z";
            if (!faults.Contains(fault)) faults.Add(fault);
            return null;
        }
    }

    private static void Check(
        Dictionary<string, JsonElement> members, IEnumerable<string> names, JsonValueKind kind, string wanted, ICollection<string> faults)
    {
        foreach (var name in names)
        {
            if (members.TryGetValue(name, out var value) && value.ValueKind != kind) faults.Add($"event.{name} must be {wanted}");
        }
    }

    // The members without a field of their own, as the event's envelope keeps them.
    private static string? Extra(Dictionary<string, JsonElement> members)
    {
        var extra = members.Where(member => !Strings.Contains(member.Key) && !Objects.Contains(member.Key) && !Times.Contains(member.Key)).ToDictionary();
        if (extra.Count == 0) return null;
        // The values are kept as they were sent.
        return $"{{{string.Join(',', extra.Select(member => $"{JsonSerializer.Serialize(member.Key)}:{member.Value.GetRawText()}"))}}}";
    }
}
