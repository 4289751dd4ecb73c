using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using cdp;

namespace Cdp.Destinations;

/// <summary>
/// An event as JSON in the shape that Segment's destinations know, with the profile it belongs to. What the sender wrote as JSON stands there as it was written.
/// </summary>
public static class EventJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // What we add ourselves: a sender's member of the same name gives way.
    private static readonly HashSet<string> Ours = ["profileId", "sourceId", "receivedAt"];

    public static byte[] Write(IdentifiedEvent identified)
    {
        var envelope = identified.validated.envelope;
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            Text(json, "messageId", envelope.messageId);
            Text(json, "type", envelope.type);
            Text(json, "profileId", identified.profileId);
            Text(json, "sourceId", envelope.sourceId);
            Text(json, "userId", envelope.userId);
            Text(json, "anonymousId", envelope.anonymousId);
            Text(json, "previousId", envelope.previousId);
            Text(json, "groupId", envelope.groupId);
            Text(json, "event", envelope.@event);
            Text(json, "name", envelope.name);
            Text(json, "category", envelope.category);
            Text(json, "channel", envelope.channel);
            Raw(json, "properties", envelope.properties);
            Raw(json, "traits", envelope.traits);
            Raw(json, "context", envelope.context);
            Raw(json, "integrations", envelope.integrations);
            Time(json, "originalTimestamp", envelope.originalTimestamp);
            Time(json, "sentAt", envelope.sentAt);
            Time(json, "receivedAt", envelope.receivedAt);
            Time(json, "timestamp", envelope.timestamp);
            if (envelope.extra is not null) Extra(json, envelope.extra);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void Raw(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null) return;
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }

    private static void Time(Utf8JsonWriter json, string name, DateTime? value)
    {
        if (value is { } time) json.WriteString(name, time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture));
    }

    private static void Extra(Utf8JsonWriter json, string extra)
    {
        using var document = JsonDocument.Parse(extra);
        foreach (var member in document.RootElement.EnumerateObject().Where(member => !Ours.Contains(member.Name)))
        {
            json.WritePropertyName(member.Name);
            json.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
        }
    }
}
