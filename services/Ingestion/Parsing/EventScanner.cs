using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Types;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>
/// Reads one event of a request in a single pass without building an object tree: times become values, everything else becomes slices of the body.
/// If a member occurs twice, the last one counts. A member whose JSON type does not match the contract is kept with the extras, like unknown members.
/// </summary>
public static class EventScanner
{
    /// <summary>How deeply objects and arrays of an event may be nested: the default limit of most JSON readers.</summary>
    public const int MaxDepth = 64;

    // In bytes: a UTF-16 character takes at most three bytes of UTF-8.
    private const int LongestIdentifier = 3 * IdentifierTypes.MaxValueLength;

    /// <summary>Reads the value at the reader's position and leaves the reader on the last token of that value.</summary>
    /// <param name="reader">A reader positioned on the first token of the event.</param>
    /// <param name="body">The body that the reader reads.</param>
    /// <param name="type">The event type given by the request path; null if the event's own <c>type</c> member decides.</param>
    /// <param name="submission">Receives unescaped texts and unknown members.</param>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    public static ScannedEvent Scan(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string? type, Submission submission)
    {
        var scanned = new ScannedEvent { Type = type, ExtraStart = submission.Extras.Count };
        var start = (int)reader.TokenStartIndex;
        var root = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            scanned.Rejection = Rejection.NotAnEvent;
            SkipValue(ref reader, root, ref scanned);
        }
        else
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = (int)reader.TokenStartIndex;
                var member = Find(ref reader);
                reader.Read();
                if (TryRead(ref reader, body, member, name, root, type, ref scanned, submission)) continue;
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
        // The reader checks UTF-8 only in tokens that are read as text. Slices are copied unread, so they are checked here.
        if (!Utf8.IsValid(scanned.Item.Of(body))) scanned.Rejection = Rejection.InvalidUtf8;
        scanned.HasUnpairedSurrogate = SurrogateRepair.IsNeeded(scanned.Item.Of(body));
        return scanned;
    }

    internal static Member Find(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return Members.Find(reader.ValueSpan);
        return JsonText.TryGet(ref reader, out var name) ? Members.Find(Encoding.UTF8.GetBytes(name!)) : Member.Unknown;
    }

    // False: the contract does not name the member, or names it with another JSON type. The caller keeps it with the extras.
    private static bool TryRead(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Member member, int name, int root, string? type, ref ScannedEvent scanned, Submission submission)
    {
        switch (member)
        {
            case Member.Type:
                var found = EventTypes.Find(ref reader);
                SkipValue(ref reader, root, ref scanned);
                if (type is not null) return found == type;
                scanned.Type = found;
                return found is not null;
            case Member.WriteKey:
                // The write key is a credential, not part of the event. It must not leave this process.
                var writeKey = Text(ref reader, member, root, ref scanned, submission, out _).Read(body, submission);
                submission.WriteKey ??= writeKey;
                return true;
            case Member.MessageId:
                scanned.MessageId = NotBlank(Text(ref reader, member, root, ref scanned, submission, out var fits), body, submission);
                return fits;
            case Member.AnonymousId:
                scanned.AnonymousId = Id(ref reader, body, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.UserId:
                scanned.UserId = Id(ref reader, body, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.PreviousId:
                scanned.PreviousId = Id(ref reader, body, member, root, ref scanned, submission, out fits);
                return fits;
            case Member.GroupId:
                scanned.GroupId = Id(ref reader, body, member, root, ref scanned, submission, out fits);
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
                scanned.IsOriginalTimestampUnreadable = !fits;
                return fits;
            case Member.SentAt:
                scanned.SentAt = Time(ref reader, root, ref scanned, out fits);
                return fits;
            case Member.Timestamp:
                scanned.Timestamp = Time(ref reader, root, ref scanned, out fits);
                scanned.IsTimestampUnreadable = !fits;
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
                SkipValue(ref reader, root, ref scanned);
                return false;
            case Member.MergeProperties:
                scanned.MergeKey = MergeIdentifiers.Key(reader, out var isTooLong) is { } key ? submission.Keep(key) : default;
                if (isTooLong) scanned.Rejection ??= Rejection.IdentifierTooLong("mergeProperties");
                SkipValue(ref reader, root, ref scanned);
                return false;
            default:
                SkipValue(ref reader, root, ref scanned);
                return false;
        }
    }

    // The identifier in canonical form; missing if that form is empty.
    private static Utf8Text Id(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> body, Member member, int root, ref ScannedEvent scanned, Submission submission, out bool fits)
    {
        var isNumber = reader.TokenType == JsonTokenType.Number;
        var text = Text(ref reader, member, root, ref scanned, submission, out fits);
        var sent = text.Of(body, submission);
        // Checked before decoding: normalising a string of several megabytes takes a second, and the sender may not even have a valid write key.
        if (IsTooLong(sent))
        {
            scanned.Rejection ??= Rejection.IdentifierTooLong(Name(member));
            return default;
        }
        if (isNumber ? CanonicalIdentifier.IsPlainNumber(sent) : CanonicalIdentifier.IsPlain(sent)) return sent.IsEmpty ? default : text;
        var decoded = Encoding.UTF8.GetString(sent);
        var canonical = isNumber ? CanonicalIdentifier.OfNumber(decoded) : CanonicalIdentifier.Of(decoded);
        // NFC turns some single characters into three.
        if (canonical.Length > IdentifierTypes.MaxValueLength) scanned.Rejection ??= Rejection.IdentifierTooLong(Name(member));
        return canonical.Length == 0 ? default : submission.Keep(canonical);
    }

    /// <summary>Whether an identifier has more than <see cref="IdentifierTypes.MaxValueLength"/> characters.</summary>
    /// <param name="identifier">The identifier as UTF-8 with escapes resolved.</param>
    internal static bool IsTooLong(ReadOnlySpan<byte> identifier) =>
        identifier.Length > IdentifierTypes.MaxValueLength
        && (identifier.Length > LongestIdentifier || Encoding.UTF8.GetCharCount(identifier) > IdentifierTypes.MaxValueLength);

    private static string Name(Member member) => char.ToLowerInvariant(member.ToString()[0]) + member.ToString()[1..];

    // Numbers are accepted as strings, as in Segment and RudderStack.
    private static Utf8Text Text(
        ref Utf8JsonReader reader, Member member, int root, ref ScannedEvent scanned, Submission submission, out bool fits)
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
                scanned.Rejection ??= Rejection.UnusableText(Name(member));
                return default;
            default:
                fits = false;
                SkipValue(ref reader, root, ref scanned);
                return default;
        }
    }

    // A messageId of white space alone counts as missing: it would make unrelated events duplicates of each other.
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
        SkipValue(ref reader, root, ref scanned);
        return null;
    }

    private static Slice Object(ref Utf8JsonReader reader, int root, ref ScannedEvent scanned, out bool fits, bool isContext = false)
    {
        var start = (int)reader.TokenStartIndex;
        fits = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null;
        var keep = reader.TokenType == JsonTokenType.StartObject;
        SkipValue(ref reader, root, ref scanned, isContext && keep);
        return keep ? new Slice(start, (int)reader.BytesConsumed - start) : default;
    }

    // Moves to the last token of the current value and rejects the event if the value is nested too deeply.
    private static void SkipValue(ref Utf8JsonReader reader, int root, ref ScannedEvent scanned, bool isContext = false)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return;
        var (top, deepest) = (reader.CurrentDepth, reader.CurrentDepth);
        while (reader.Read() && reader.CurrentDepth > top)
        {
            if (reader.CurrentDepth > deepest) deepest = reader.CurrentDepth;
            var isOwnMember = isContext && reader.CurrentDepth == top + 1 && reader.TokenType == JsonTokenType.PropertyName;
            if (isOwnMember && JsonText.Is(ref reader, "ip"u8)) scanned.ContextHasIp = true;
        }
        // The content of a container at depth d is at depth d + 1, so the difference is the number of containers, including the event itself.
        if (deepest - root > MaxDepth) scanned.Rejection ??= Rejection.TooDeep(MaxDepth);
    }
}
