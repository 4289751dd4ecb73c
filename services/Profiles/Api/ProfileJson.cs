using System.Buffers;
using System.Text.Json;
using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Api;

/// <summary>Writes the responses of the profile API.</summary>
public static class ProfileJson
{
    private const int TypicalSize = 4 * 1024;

    // Quotes and letters of every script stay readable. The response is never embedded in HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="profile">A profile that has not been merged.</param>
    /// <param name="aliases">The merged profiles that led to it.</param>
    /// <param name="parts">The parts to include.</param>
    public static ReadOnlyMemory<byte> Of(Profile profile, IReadOnlyList<string> aliases, ProfileParts parts)
    {
        var buffer = new ArrayBufferWriter<byte>(TypicalSize);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("profile_id", profile.profileId);
            json.WriteString("kind", profile.kind);
            WriteTexts(json, "aliases", aliases);
            if (parts.HasFlag(ProfileParts.Identifiers)) WriteList(json, "identifiers", profile.identifiers, WriteIdentifier);
            if (parts.HasFlag(ProfileParts.Traits)) WriteTraits(json, profile);
            if (parts.HasFlag(ProfileParts.Traits) && profile.cutTraits.Count > 0) WriteCutTraits(json, profile);
            if (parts.HasFlag(ProfileParts.Provenance)) WriteProvenance(json, profile);
            if (parts.HasFlag(ProfileParts.Counts)) WriteCounts(json, profile);
            if (Cuts.Of(profile) is { Count: > 0 } cut) WriteTexts(json, "cut", cut.Order(StringComparer.Ordinal));
            json.WriteNumber("total", profile.total);
            WriteTime(json, "first_seen", profile.firstSeen);
            WriteTime(json, "last_seen", profile.lastSeen);
            if (parts.HasFlag(ProfileParts.Recent)) WriteList(json, "recent", profile.recent, WriteRecent);
            WriteAccounts(json, profile, parts);
            if (parts.HasFlag(ProfileParts.Absorbed)) WriteTexts(json, "absorbed", AbsorbedOthers(profile));
            if (parts.HasFlag(ProfileParts.Reflects)) WriteList(json, "reflects", profile.reflects, WritePosition);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>Writes what an unsuccessful lookup searched for: the normalised identifier and the profile id it led to.</summary>
    public static void WriteLookedFor(Utf8JsonWriter json, Identifier lookedFor, string profileId)
    {
        json.WriteStartObject("looked_for");
        WriteIdentifier(json, lookedFor);
        json.WriteEndObject();
        json.WriteString("profile_id", profileId);
    }

    private static void WriteIdentifier(Utf8JsonWriter json, Identifier identifier)
    {
        json.WriteString("type", identifier.type);
        json.WriteString("value", identifier.value);
    }

    // A profile that a split created lists itself (see Splits.Finish), which is meaningless to a caller.
    private static IEnumerable<string> AbsorbedOthers(Profile profile) => profile.absorbed.Where(absorbed => absorbed != profile.profileId);

    // A trait that was set to null stays in the state, because an earlier value may still arrive. The response leaves it out.
    private static void WriteTraits(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("traits");
        foreach (var (name, trait) in Named(profile.traits))
        {
            if (trait.value == "null") continue;
            json.WritePropertyName(name);
            // The value was taken from valid JSON when it was folded.
            json.WriteRawValue(trait.value, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    private static void WriteProvenance(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("provenance");
        foreach (var (name, trait) in Named(profile.traits)) WriteOrigin(json, name, trait.timestamp, trait.messageId, trait.position);
        json.WriteEndObject();
    }

    // The position shows where in the log the full value is.
    private static void WriteCutTraits(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("cut_traits");
        foreach (var cut in profile.cutTraits) WriteOrigin(json, cut.name, cut.timestamp, cut.messageId, cut.position);
        json.WriteEndObject();
    }

    private static void WriteOrigin(Utf8JsonWriter json, string name, DateTime timestamp, string messageId, RecordPosition position)
    {
        json.WriteStartObject(name);
        WriteCause(json, timestamp, messageId);
        WritePosition(json, position);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("counts");
        foreach (var (name, count) in Named(profile.counts)) WriteCount(json, name, count.count, count.first, count.last);
        json.WriteEndObject();
        if (profile.otherEvents is { } other) WriteCount(json, "other_events", other.count, other.first, other.last);
    }

    private static void WriteCount(Utf8JsonWriter json, string name, long count, DateTime first, DateTime last)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", count);
        WriteTime(json, "first", first);
        WriteTime(json, "last", last);
        json.WriteEndObject();
    }

    private static void WriteRecent(Utf8JsonWriter json, RecentEvent e)
    {
        json.WriteString("type", e.type);
        if (e.name is not null) json.WriteString("name", e.name);
        WriteCause(json, e.timestamp, e.messageId);
    }

    // Only a person has accounts, and only an account has members.
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
        WriteTime(json, "timestamp", timestamp);
    }

    private static void WritePosition(Utf8JsonWriter json, RecordPosition position)
    {
        json.WriteString("topic", position.topic);
        json.WriteNumber("partition", position.partition);
        json.WriteNumber("offset", position.offset);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTime? time)
    {
        if (EventTime.Known(time) is { } known) json.WriteString(name, known);
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
