using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>The result for one event: accepted, possibly with a warning, or rejected with a reason.</summary>
public readonly record struct Parsed(Rejection? Rejected, Warning? Warning);

/// <summary>Turns the scanned events of a request into Avro records. Pure: the same bytes and the same receipt give the same records.</summary>
public sealed class EventParser(Submission submission, Receipt receipt, LimitOptions limits)
{
    private readonly byte[] _sourceId = Encoding.UTF8.GetBytes(receipt.SourceId);

    // An IP address contains nothing that JSON would have to escape.
    private readonly byte[]? _ip = receipt.Ip is null ? null : Encoding.UTF8.GetBytes($"\"ip\":\"{receipt.Ip}\"");
    private SharedMembers? _context;
    private SharedMembers? _integrations;

    // The body with unpaired surrogates replaced; created when the first event needs it. It has the same length, so slices of the body are valid in it.
    private byte[]? _repaired;

    /// <summary>Reads the context and integrations that all events of a batch share. Call it once, before <see cref="Parse"/>.</summary>
    /// <returns>Why the whole request is refused; null if its events can be parsed one by one.</returns>
    public Rejection? Begin(ReadOnlySpan<byte> body)
    {
        // Shared members are copied into every event, so they count once per event.
        var shared = (long)(submission.Context.Length + submission.Integrations.Length) * submission.Events.Count;
        if (body.Length + shared > limits.RequestBytes) return Rejection.RequestTooLarge(limits.RequestBytes);
        _context = SharedMembers.Read(WellFormed(submission.Context.Of(body)));
        _integrations = SharedMembers.Read(WellFormed(submission.Integrations.Of(body)));
        return null;
    }

    /// <summary>Parses one event of the submission.</summary>
    /// <param name="body">The body of the request.</param>
    /// <param name="index">The position of the event in the submission, from 0.</param>
    /// <param name="record">Receives the <c>CollectedEvent</c> if the event is accepted.</param>
    public Parsed Parse(ReadOnlySpan<byte> body, int index, AvroWriter record)
    {
        ref readonly var scanned = ref CollectionsMarshal.AsSpan(submission.Events)[index];
        if (Reject(body, scanned) is { } rejection) return new Parsed(rejection, null);

        var (original, sentAt) = (scanned.Happened, scanned.SentAt ?? submission.SentAt);
        var isHistorical = receipt.IsHistorical || submission.IsHistorical || scanned.IsHistorical;
        var (timestamp, replaced) = ClockCorrection.Correct(receipt.ReceivedAt, isHistorical ? null : sentAt, original);
        var warning = scanned.IsTimeUnreadable ? Warning.UnreadableTime : replaced ? Warning.ImplausibleTime : null;
        // The time of receipt would make a historical event the newest one, and its traits would overwrite newer values.
        if (isHistorical && warning is not null) return new Parsed(Rejection.UnreadableTime, null);

        // The fields of schemas/Event.avsc, in the order of the schema.
        record.Clear();
        WriteMessageId(body, index, scanned, record);
        record.Text(scanned.Type!);
        record.Text(_sourceId);
        Write(body, scanned.UserId, record);
        Write(body, scanned.AnonymousId, record);
        Write(body, scanned.PreviousId, record);
        Write(body, scanned.GroupId, record);
        Write(body, scanned.Event, record);
        Write(body, scanned.Name, record);
        Write(body, scanned.Category, record);
        Write(body, scanned.Channel, record);
        record.OptionalTime(original);
        record.OptionalTime(sentAt);
        record.Time(receipt.ReceivedAt);
        record.Time(timestamp);
        var freeForm = scanned.HasUnpairedSurrogate ? _repaired ??= SurrogateRepair.Repaired(body) : body;
        Write(scanned.Properties.Of(freeForm), record);
        Write(scanned.Traits.Of(freeForm), record);
        WriteContext(freeForm, scanned, record);
        WriteMerged(_integrations, scanned.Integrations.Of(freeForm), null, record);
        WriteExtra(freeForm, scanned, record);
        receipt.Trust.WriteTo(record);
        return new Parsed(null, warning);
    }

    private static ReadOnlySpan<byte> WellFormed(ReadOnlySpan<byte> json) => SurrogateRepair.IsNeeded(json) ? SurrogateRepair.Repaired(json) : json;

    private Rejection? Reject(ReadOnlySpan<byte> body, in ScannedEvent scanned)
    {
        if (scanned.Rejection is not null) return scanned.Rejection;
        var bytes = scanned.Item.Length + submission.Context.Length + submission.Integrations.Length;
        if (bytes > limits.EventBytes) return Rejection.EventTooLarge(limits.EventBytes);
        if (scanned.Type is null) return Rejection.UnknownType;
        if (scanned.Type == "merge")
        {
            if (scanned.MergeKey.IsMissing) return Rejection.InvalidMerge;
        }
        else if (scanned.AnonymousId.IsMissing && scanned.UserId.IsMissing) return Rejection.NoIdentifier;
        var messageId = scanned.MessageId.Of(body, submission);
        // A character takes at least one byte of UTF-8, so counting characters is needed only for long ids.
        var isTooLong = messageId.Length > limits.MessageIdCharacters && Encoding.UTF8.GetCharCount(messageId) > limits.MessageIdCharacters;
        return isTooLong ? Rejection.MessageIdTooLong(limits.MessageIdCharacters) : null;
    }

    private void WriteMessageId(ReadOnlySpan<byte> body, int index, in ScannedEvent scanned, AvroWriter record)
    {
        if (scanned.MessageId.Slice.Length > 0) record.Text(scanned.MessageId.Of(body, submission));
        else record.Text(receipt.MessageId ?? DeriveMessageId(scanned.Item.Of(body), index));
    }

    // The same bytes from the same source get the same messageId, so that validation recognises a retry as a duplicate.
    private string DeriveMessageId(ReadOnlySpan<byte> item, int index)
    {
        Span<byte> hashed = stackalloc byte[(2 * SHA256.HashSizeInBytes) + sizeof(int)];
        SHA256.HashData(_sourceId, hashed);
        SHA256.HashData(item, hashed[SHA256.HashSizeInBytes..]);
        BinaryPrimitives.WriteInt32BigEndian(hashed[(2 * SHA256.HashSizeInBytes)..], index);
        Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(hashed, id);
        return Convert.ToHexStringLower(id[..16]);
    }

    private void WriteContext(ReadOnlySpan<byte> body, in ScannedEvent scanned, AvroWriter record)
    {
        var hasIp = scanned.ContextHasIp || _context?.HasIp == true;
        WriteMerged(_context, scanned.Context.Of(body), hasIp ? null : _ip, record);
    }

    private void WriteExtra(ReadOnlySpan<byte> body, in ScannedEvent scanned, AvroWriter record)
    {
        record.Branch(scanned.ExtraCount > 0);
        if (scanned.ExtraCount == 0) return;
        record.BeginText();
        for (var i = 0; i < scanned.ExtraCount; i++)
        {
            record.Append(i == 0 ? "{"u8 : ","u8);
            record.Append(submission.Extras[scanned.ExtraStart + i].Of(body));
        }
        record.Append("}"u8);
        record.EndText();
    }

    // Writes the event's own object merged with the batch's object, preceded by one additional member. What the sender wrote is copied unchanged.
    private static void WriteMerged(SharedMembers? shared, ReadOnlySpan<byte> own, byte[]? first, AvroWriter record)
    {
        var isMerged = shared is not null && !own.IsEmpty;
        var whole = shared is null ? own : shared.Json;
        if (first is null && !isMerged)
        {
            Write(whole, record);
            return;
        }
        var rest = isMerged || whole.IsEmpty ? "}"u8 : whole[1..];
        record.Branch(isPresent: true);
        record.BeginText();
        record.Append("{"u8);
        record.Append(first);
        if (first is not null && (isMerged || rest.TrimStart(" \t\r\n"u8)[0] != '}')) record.Append(","u8);
        if (isMerged) shared!.AppendMerged(own, record);
        record.Append(rest);
        record.EndText();
    }

    private void Write(ReadOnlySpan<byte> body, Utf8Text text, AvroWriter record)
    {
        record.Branch(!text.IsMissing);
        if (!text.IsMissing) record.Text(text.Of(body, submission));
    }

    // An empty span means that the object is missing: even an empty object has two bytes.
    private static void Write(ReadOnlySpan<byte> json, AvroWriter record)
    {
        record.Branch(!json.IsEmpty);
        if (!json.IsEmpty) record.Text(json);
    }
}
