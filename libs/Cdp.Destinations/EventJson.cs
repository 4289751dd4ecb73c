using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using cdp;
using Cdp.Contracts;

namespace Cdp.Destinations;

/// <summary>
/// Writes an event as JSON in the format of Segment's destinations, with the profile it belongs to. JSON values from the sender are written unchanged.
/// </summary>
public static class EventJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // Extra members with one of these names are omitted even if the event has no such member. JSON parsers use the last of two members, and many ignore the
    // case of names. Extra members have not been through the trust checks, plans or clock correction.
    private static readonly string[] Envelope =
    [
        "messageId", "type", "profileId", "sourceId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "category", "channel",
        "properties", "traits", "context", "integrations", "originalTimestamp", "sentAt", "receivedAt", "timestamp",
    ];

    private static readonly HashSet<string> None = [];

    /// <summary>The event as UTF-8 JSON.</summary>
    public static byte[] Write(IdentifiedEvent identified)
    {
        var envelope = identified.validated.envelope;
        var hidesUserIds = Withheld.Covers(envelope, Withheld.UserIds);
        var hidden = Hidden(envelope);
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            Text(json, "messageId", envelope.messageId);
            Text(json, "type", envelope.type);
            Text(json, "profileId", identified.profileId);
            Text(json, "sourceId", envelope.sourceId);
            if (!hidesUserIds) Text(json, "userId", envelope.userId);
            Text(json, "anonymousId", envelope.anonymousId);
            if (!hidesUserIds) Text(json, "previousId", envelope.previousId);
            Text(json, "groupId", envelope.groupId);
            Text(json, "event", envelope.@event);
            Text(json, "name", envelope.name);
            Text(json, "category", envelope.category);
            Text(json, "channel", envelope.channel);
            Raw(json, "properties", envelope.properties);
            if (!Withheld.CoversTraits(envelope)) Raw(json, "traits", envelope.traits);
            Raw(json, "context", hidden.Count == 0 ? envelope.context : Without(envelope.context, hidden));
            Raw(json, "integrations", envelope.integrations);
            Time(json, "originalTimestamp", envelope.originalTimestamp);
            Time(json, "sentAt", envelope.sentAt);
            Time(json, "receivedAt", envelope.receivedAt);
            Time(json, "timestamp", envelope.timestamp);
            if (envelope.extra is not null) Extra(json, envelope.extra, hidden);
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

    // Members that the source of the event may not set (Event.withheld). A destination would trust them.
    private static HashSet<string> Hidden(Event envelope)
    {
        if (envelope.withheld is null) return None;
        var (traits, ids) = (Withheld.Covers(envelope, Withheld.UserTraits), Withheld.Covers(envelope, Withheld.OtherIds));
        var hidden = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (traits) hidden.Add("traits");
        // These may contain user ids as well.
        if (ids || Withheld.Covers(envelope, Withheld.UserIds)) hidden.UnionWith(["externalIds", "mergeProperties"]);
        return hidden;
    }

    private static string? Without(string? context, HashSet<string> hidden)
    {
        if (context is null) return null;
        using var document = JsonDocument.Parse(context);
        var bytes = new ArrayBufferWriter<byte>(context.Length);
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            Members(json, document.RootElement, hidden);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void Extra(Utf8JsonWriter json, string extra, HashSet<string> hidden)
    {
        using var document = JsonDocument.Parse(extra);
        Members(json, document.RootElement, new HashSet<string>([.. Envelope, .. hidden], StringComparer.OrdinalIgnoreCase));
    }

    private static void Members(Utf8JsonWriter json, JsonElement from, HashSet<string> hidden)
    {
        // A name that occurs twice is written once, with the last value.
        var members = from.EnumerateObject().Where(member => !hidden.Contains(member.Name)).GroupBy(member => member.Name, (_, same) => same.Last());
        foreach (var member in members)
        {
            json.WritePropertyName(member.Name);
            json.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
        }
    }
}
