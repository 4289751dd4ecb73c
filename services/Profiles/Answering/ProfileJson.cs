using System.Buffers;
using System.Text.Json;
using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Answering;

/// <summary>What the profile API answers.</summary>
public static class ProfileJson
{
    private const int UsualSize = 4 * 1024;

    // For people as much as for programs: quotes and letters of every script stay as they are. It is never put into HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="profile">A living profile.</param>
    /// <param name="aliases">The profiles that led to it.</param>
    /// <param name="parts">What of it is told.</param>
    public static ReadOnlyMemory<byte> Of(Profile profile, IReadOnlyList<string> aliases, ProfileParts parts)
    {
        var buffer = new ArrayBufferWriter<byte>(UsualSize);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("profile_id", profile.profileId);
            json.WriteString("kind", profile.kind);
            WriteTexts(json, "aliases", aliases);
            if (parts.HasFlag(ProfileParts.Identifiers)) WriteList(json, "identifiers", profile.identifiers, WriteIdentifier);
            if (parts.HasFlag(ProfileParts.Traits)) WriteTraits(json, profile);
            if (parts.HasFlag(ProfileParts.Provenance)) WriteProvenance(json, profile);
            if (parts.HasFlag(ProfileParts.Counts)) WriteCounts(json, profile);
            json.WriteNumber("total", profile.total);
            WriteTime(json, "first_seen", profile.firstSeen);
            WriteTime(json, "last_seen", profile.lastSeen);
            if (parts.HasFlag(ProfileParts.Recent)) WriteList(json, "recent", profile.recent, WriteRecent);
            WriteAccounts(json, profile, parts);
            if (parts.HasFlag(ProfileParts.Absorbed)) WriteTexts(json, "absorbed", profile.absorbed);
            if (parts.HasFlag(ProfileParts.Reflects)) WriteList(json, "reflects", profile.reflects, WritePosition);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>What a lookup that found nothing has looked for: the identifier in the form in which it is kept, and the profile id that it led to.</summary>
    public static void WriteLookedFor(Utf8JsonWriter json, Identifier lookedFor, string profileId)
    {
        json.WriteStartObject("looked_for");
        WriteIdentifier(json, lookedFor);
        json.WriteString("profile_id", profileId);
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
        foreach (var (name, trait) in Named(profile.traits))
        {
            if (trait.value == "null") continue;
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
            WriteCause(json, trait.timestamp, trait.messageId);
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

    private static void WriteRecent(Utf8JsonWriter json, RecentEvent e)
    {
        json.WriteString("type", e.type);
        if (e.name is not null) json.WriteString("name", e.name);
        WriteCause(json, e.timestamp, e.messageId);
    }

    // A person has accounts, an account has members; neither has the other's.
    private static void WriteAccounts(Utf8JsonWriter json, Profile profile, ProfileParts parts)
    {
        if (profile.kind != Accounts.Kind && parts.HasFlag(ProfileParts.Accounts)) WriteList(json, "accounts", profile.accounts, WriteAccount);
        if (profile.kind == Accounts.Kind && parts.HasFlag(ProfileParts.Members)) WriteList(json, "members", profile.members, WriteMember);
    }

    private static void WriteAccount(Utf8JsonWriter json, AccountLink link)
    {
        json.WriteString("group_id", link.groupId);
        json.WriteString("profile_id", link.accountId);
        WriteCause(json, link.timestamp, link.messageId);
    }

    private static void WriteMember(Utf8JsonWriter json, AccountMember member)
    {
        WriteIdentifier(json, member.identifier);
        WriteCause(json, member.timestamp, member.messageId);
    }

    private static void WriteCause(Utf8JsonWriter json, DateTime timestamp, string messageId)
    {
        json.WriteString("message_id", messageId);
        json.WriteString("timestamp", timestamp);
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

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IList<T> list, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var element in list)
        {
            json.WriteStartObject();
            write(json, element);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static IEnumerable<KeyValuePair<string, T>> Named<T>(IDictionary<string, T> map) => map.OrderBy(member => member.Key, StringComparer.Ordinal);
}
