using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Cdp.Ingestion.Parsing;

/// <summary>
/// Reads one event out of a request in one pass, without an object tree: times as values, all else as slices.
/// Of a member given twice the last counts. A member that is not of the contract's JSON type is kept among the extras, as unknown ones are.
/// </summary>
public static class EventScanner
{
    /// <summary>How deep an event's objects and arrays may be nested: what JSON readers take by default.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads the value that the reader stands on, and leaves the reader on its last token.</summary>
    /// <param name="type">The type that the path gives; null where the item's own counts.</param>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    public static ScannedEvent Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string? type, Submission submission)
    {
        var scanned = new ScannedEvent { Type = type, ExtraStart = submission.Extras.Count };
        var start = (int)reader.TokenStartIndex;
        var root = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            scanned.Rejection = Rejection.NotAnEvent;
            Pass(ref reader, root, ref scanned);
        }
        else
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = (int)reader.TokenStartIndex;
                var member = Find(ref reader);
                reader.Read();
                if (Take(ref reader, body, member, name, root, type, ref scanned, submission)) continue;
                submission.Extras.Add(new Slice(name, (int)reader.BytesConsumed - name));
                scanned.ExtraCount++;
            }
            if (scanned.OriginalTimestamp is { } original && scanned.Timestamp is { } timestamp && original != timestamp)
            {
                submission.Extras.Add(scanned.TimestampMember);
                scanned.ExtraCount++;
            }
        }
        scanned.Item = new Slice(start, (int)reader.BytesConsumed - start);
        // The reader looks at bytes only where a token is asked for as text; what is kept as a slice must be UTF-8 too.
        if (!Utf8.IsValid(scanned.Item.Of(body))) scanned.Rejection = Rejection.InvalidUtf8;
        return scanned;
    }

    internal static Member Find(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return Members.Find(reader.ValueSpan);
        return JsonText.TryGet(ref reader, out var name) ? Members.Find(Encoding.UTF8.GetBytes(name!)) : Member.Unknown;
    }

    // False: not what the contract names, to be kept as it is.
    private static bool Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Member member, int name, int root, string? type, ref ScannedEvent scanned, Submission submission)
    {
        switch (member)
        {
            case Member.Type:
                var found = EventTypes.Find(ref reader);
                if (type is not null) return Pass(ref reader, root, ref scanned) && found == type;
                scanned.Type = found;
                return Pass(ref reader, root, ref scanned) && found is not null;
            case Member.WriteKey:
                // A credential is not part of the event; it does not leave this process.
                var writeKey = Text(ref reader, member, root, ref scanned, submission, out _).Read(body, submission);
                submission.WriteKey ??= writeKey;
                return true;
            case Member.MessageId:
                scanned.MessageId = NotBlank(Text(ref reader, member, root, ref scanned, submission, out var fits), body, submission);
                return fits;
            case Member.AnonymousId:
                scanned.AnonymousId = NotBlank(Text(ref reader, member, root, ref scanned, submission, out fits), body, submission);
                return fits;
            case Member.UserId:
                scanned.UserId = NotBlank(Text(ref reader, member, root, ref scanned, submission, out fits), body, submission);
                return fits;
            case Member.PreviousId:
                scanned.PreviousId = Text(ref reader, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.GroupId:
                scanned.GroupId = Text(ref reader, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.Event:
                scanned.Event = Text(ref reader, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.Name:
                scanned.Name = Text(ref reader, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.Category:
                scanned.Category = Text(ref reader, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.Channel:
                scanned.Channel = Text(ref reader, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.OriginalTimestamp:
                scanned.OriginalTimestamp = Time(ref reader, root, ref scanned, out fits);
                return fits;
            case Member.SentAt:
                scanned.SentAt = Time(ref reader, root, ref scanned, out fits);
                return fits;
            case Member.Timestamp:
                scanned.Timestamp = Time(ref reader, root, ref scanned, out fits);
                scanned.TimestampMember = new Slice(name, (int)reader.BytesConsumed - name);
                return fits;
            case Member.Properties:
                scanned.Properties = Object(ref reader, root, ref scanned, out fits);
                return fits;
            case Member.Traits:
                scanned.Traits = Object(ref reader, root, ref scanned, out fits);
                return fits;
            case Member.Integrations:
                scanned.Integrations = Object(ref reader, root, ref scanned, out fits);
                return fits;
            case Member.Context:
                scanned.ContextHasIp = false;
                scanned.Context = Object(ref reader, root, ref scanned, out fits, isContext: true);
                return fits;
            case Member.Historical:
                scanned.IsHistorical = reader.TokenType == JsonTokenType.True;
                Pass(ref reader, root, ref scanned);
                return false;
            case Member.MergeProperties:
                scanned.MergeKey = MergeKey(reader) is { } key ? submission.Keep(key) : default;
                Pass(ref reader, root, ref scanned);
                return false;
            default:
                Pass(ref reader, root, ref scanned);
                return false;
        }
    }

    // [{"type":…,"value":…},{"type":…,"value":…}]. The reader is a copy: the member is kept as it is.
    private static string? MergeKey(Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) return null;
        var (identifiers, first) = (0, (string?)null);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject || Identifier(ref reader) is not { } identifier) return null;
            first ??= identifier;
            identifiers++;
        }
        return identifiers == 2 ? first : null;
    }

    private static string? Identifier(ref Utf8JsonReader reader)
    {
        var (type, value) = ((string?)null, (string?)null);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (isType, isValue) = (JsonText.Is(ref reader, "type"u8), JsonText.Is(ref reader, "value"u8));
            reader.Read();
            if ((isType || isValue) && reader.TokenType == JsonTokenType.String && JsonText.TryGet(ref reader, out var text) && !string.IsNullOrWhiteSpace(text) && !text.Contains('\0'))
            {
                if (isType) type = text;
                else value = text;
            }
            reader.Skip();
        }
        return type is null || value is null ? null : $"{type}:{value}";
    }

    // Ids come as numbers too; both vendors keep them as their text.
    private static Utf8Text Text(ref Utf8JsonReader reader, Member member, int root, ref ScannedEvent scanned, Submission submission, out bool fits)
    {
        fits = true;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return default;
            case JsonTokenType.Number:
                return new Utf8Text(TextPlace.Request, new Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length));
            case JsonTokenType.String when !reader.ValueIsEscaped:
                return new Utf8Text(TextPlace.Request, new Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
            case JsonTokenType.String when submission.TryUnescape(ref reader, out var text) && !text.Slice.Of(submission.Unescaped).Contains((byte)0):
                return text;
            case JsonTokenType.String:
                scanned.Rejection ??= Rejection.UnusableText(char.ToLowerInvariant(member.ToString()[0]) + member.ToString()[1..]);
                return default;
            default:
                fits = false;
                Pass(ref reader, root, ref scanned);
                return default;
        }
    }

    // An id of nothing but white space names nobody.
    private static Utf8Text NotBlank(Utf8Text text, ReadOnlySpan<byte> body, Submission submission)
    {
        for (var rest = text.Of(body, submission); !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf8(rest, out var rune, out var length);
            if (!Rune.IsWhiteSpace(rune)) return text;
            rest = rest[length..];
        }
        return default;
    }

    private static DateTime? Time(ref Utf8JsonReader reader, int root, ref ScannedEvent scanned, out bool fits)
    {
        fits = true;
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (JsonText.TryGetTime(ref reader, out var time)) return time;
        fits = false;
        Pass(ref reader, root, ref scanned);
        return null;
    }

    private static Slice Object(ref Utf8JsonReader reader, int root, ref ScannedEvent scanned, out bool fits, bool isContext = false)
    {
        var start = (int)reader.TokenStartIndex;
        fits = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null;
        var keep = reader.TokenType == JsonTokenType.StartObject;
        Pass(ref reader, root, ref scanned, isContext && keep);
        return keep ? new Slice(start, (int)reader.BytesConsumed - start) : default;
    }

    // Moves to the last token of the value that the reader stands on, and sees how deep it goes.
    private static bool Pass(ref Utf8JsonReader reader, int root, ref ScannedEvent scanned, bool isContext = false)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return true;
        var (top, deepest) = (reader.CurrentDepth, reader.CurrentDepth);
        while (reader.Read() && reader.CurrentDepth > top)
        {
            if (reader.CurrentDepth > deepest) deepest = reader.CurrentDepth;
            if (isContext && reader.CurrentDepth == top + 1 && reader.TokenType == JsonTokenType.PropertyName && JsonText.Is(ref reader, "ip"u8)) scanned.ContextHasIp = true;
        }
        // What stands inside a container at depth d stands at d + 1, so this counts the containers, the item's own included.
        if (deepest - root > MaxDepth) scanned.Rejection ??= Rejection.TooDeep(MaxDepth);
        return true;
    }
}
