using System.Buffers;
using System.Text.Json;
using cdp;

namespace Cdp.Profiles.Answering;

/// <summary>What the profile API answers.</summary>
public static class ProfileJson
{
    // For people as much as for programs: quotes and letters of every script stay as they are. It is never put into HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="profile">A living profile.</param>
    /// <param name="withProvenance">Whether to tell where each trait came from, those cleared by a null included.</param>
    public static ReadOnlyMemory<byte> Of(Profile profile, bool withProvenance) => Write(json =>
    {
        json.WriteString("profile_id", profile.profileId);
        json.WriteStartArray("identifiers");
        foreach (var identifier in profile.identifiers) Object(json, () => WriteIdentifier(json, identifier));
        json.WriteEndArray();
        WriteTraits(json, profile);
        if (withProvenance) WriteProvenance(json, profile);
        WriteCounts(json, profile);
        WriteTime(json, "first_seen", profile.firstSeen);
        WriteTime(json, "last_seen", profile.lastSeen);
        json.WriteStartArray("reflects");
        foreach (var position in profile.reflects) Object(json, () => WritePosition(json, position));
        json.WriteEndArray();
    });

    /// <param name="lookedFor">The identifier in the form that was looked up.</param>
    /// <param name="profileId">The profile id that it led to.</param>
    public static ReadOnlyMemory<byte> NotFound(Identifier lookedFor, string profileId) => Write(json =>
    {
        WriteError(json, "not_found", $"there is no profile of {lookedFor.type} '{lookedFor.value}'");
        json.WriteStartObject("looked_for");
        WriteIdentifier(json, lookedFor);
        json.WriteString("profile_id", profileId);
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Error(string code, string message) => Write(json => WriteError(json, code, message));

    private static void WriteError(Utf8JsonWriter json, string code, string message)
    {
        json.WriteStartObject("error");
        json.WriteString("code", code);
        json.WriteString("message", message);
        json.WriteEndObject();
    }

    private static void WriteIdentifier(Utf8JsonWriter json, Identifier identifier)
    {
        json.WriteString("type", identifier.type);
        json.WriteString("value", identifier.value);
    }

    // The last write of a cleared trait is kept, because an earlier value may still arrive; the reader sees no such trait.
    private static void WriteTraits(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("traits");
        foreach (var (name, trait) in Named(profile.traits).Where(trait => trait.Value.value != "null"))
        {
            json.WritePropertyName(name);
            // It was cut out of valid JSON when it was folded.
            json.WriteRawValue(trait.value, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    private static void WriteProvenance(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("provenance");
        foreach (var (name, trait) in Named(profile.traits))
        {
            json.WriteStartObject(name);
            json.WriteString("message_id", trait.messageId);
            WriteTime(json, "timestamp", trait.timestamp);
            WritePosition(json, trait.position);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("counts");
        foreach (var (name, count) in Named(profile.counts))
        {
            json.WriteStartObject(name);
            json.WriteNumber("count", count.count);
            WriteTime(json, "first", count.first);
            WriteTime(json, "last", count.last);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WritePosition(Utf8JsonWriter json, RecordPosition position)
    {
        json.WriteString("topic", position.topic);
        json.WriteNumber("partition", position.partition);
        json.WriteNumber("offset", position.offset);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTime? time)
    {
        if (time is { } known) json.WriteString(name, known);
        else json.WriteNull(name);
    }

    private static IEnumerable<KeyValuePair<string, T>> Named<T>(IDictionary<string, T> map) => map.OrderBy(member => member.Key, StringComparer.Ordinal);

    private static void Object(Utf8JsonWriter json, Action members)
    {
        json.WriteStartObject();
        members();
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options)) Object(json, () => members(json));
        return buffer.WrittenMemory;
    }
}
