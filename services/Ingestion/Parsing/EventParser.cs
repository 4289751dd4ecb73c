using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cdp.Contracts;

namespace Cdp.Ingestion.Parsing;

/// <summary>The judgement on one event: accepted, or rejected with its reason.</summary>
public readonly record struct Parsed(Rejection? Rejected, bool ClockBounded);

/// <summary>Turns what was read of a request into records. Pure: the same bytes and the same receipt give the same records.</summary>
public sealed class EventParser(Submission submission, Receipt receipt, LimitOptions limits)
{
    // A sender's clock may run ahead by a time zone gone wrong; what claims to be later than that is not believed.
    private static readonly TimeSpan MaxFuture = TimeSpan.FromHours(24);

    private readonly byte[] _sourceId = Encoding.UTF8.GetBytes(receipt.SourceId);

    // An address needs no escapes.
    private readonly byte[]? _ip = receipt.Ip is null ? null : Encoding.UTF8.GetBytes($"\"ip\":\"{receipt.Ip}\"");
    private SharedMembers? _context;
    private SharedMembers? _integrations;

    /// <summary>Reads what the batch's events have in common.</summary>
    /// <returns>Why the request as a whole is refused; null where its events are to be judged one by one.</returns>
    public Rejection? Begin(ReadOnlySpan<byte> body)
    {
        // What is shared is written once per event, so it counts once per event.
        var shared = (long)(submission.Context.Length + submission.Integrations.Length) * submission.Events.Count;
        if (body.Length + shared > limits.RequestBytes) return Rejection.RequestTooLarge(limits.RequestBytes);
        _context = SharedMembers.Read(submission.Context.Of(body));
        _integrations = SharedMembers.Read(submission.Integrations.Of(body));
        return null;
    }

    /// <summary>Judges one event of the submission.</summary>
    /// <param name="record">Gets the CollectedEvent where it is accepted.</param>
    public Parsed Parse(ReadOnlySpan<byte> body, int index, AvroWriter record)
    {
        ref readonly var scanned = ref CollectionsMarshal.AsSpan(submission.Events)[index];
        if (Judge(body, scanned) is { } rejection) return new Parsed(rejection, false);

        var (original, sentAt) = (scanned.OriginalTimestamp ?? scanned.Timestamp, scanned.SentAt ?? submission.SentAt);
        var isHistorical = receipt.IsHistorical || submission.IsHistorical || scanned.IsHistorical;
        var (timestamp, bounded) = ClockCorrection.Correct(receipt.ReceivedAt, isHistorical ? null : sentAt, original, MaxFuture);

        // The fields of schemas/Event.avsc, in its order.
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
        Write(scanned.Properties.Of(body), record);
        Write(scanned.Traits.Of(body), record);
        WriteContext(body, scanned, record);
        WriteUnder(_integrations, scanned.Integrations.Of(body), null, record);
        WriteExtra(body, scanned, record);
        return new Parsed(null, bounded);
    }

    private Rejection? Judge(ReadOnlySpan<byte> body, in ScannedEvent scanned)
    {
        if (scanned.Rejection is not null) return scanned.Rejection;
        if (scanned.Item.Length + submission.Context.Length + submission.Integrations.Length > limits.EventBytes) return Rejection.EventTooLarge(limits.EventBytes);
        if (scanned.Type is null) return Rejection.UnknownType;
        if (scanned.Type == "merge")
        {
            if (scanned.MergeKey.IsMissing) return Rejection.InvalidMerge;
        }
        else if (scanned.AnonymousId.IsMissing && scanned.UserId.IsMissing) return Rejection.NoIdentifier;
        var messageId = scanned.MessageId.Of(body, submission);
        return messageId.Length > limits.MessageIdCharacters && Encoding.UTF8.GetCharCount(messageId) > limits.MessageIdCharacters ? Rejection.MessageIdTooLong(limits.MessageIdCharacters) : null;
    }

    private void WriteMessageId(ReadOnlySpan<byte> body, int index, in ScannedEvent scanned, AvroWriter record)
    {
        if (scanned.MessageId.Slice.Length > 0) record.Text(scanned.MessageId.Of(body, submission));
        else record.Text(receipt.MessageId ?? DeriveMessageId(scanned.Item.Of(body), index));
    }

    // The same bytes from the same source are the same message, so that a retry is found to be one.
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
        WriteUnder(_context, scanned.Context.Of(body), hasIp ? null : _ip, record);
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

    // An event's own object with the batch's under it, and one member more before. What the sender wrote stays as it is.
    private static void WriteUnder(SharedMembers? shared, ReadOnlySpan<byte> own, byte[]? first, AvroWriter record)
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
        if (isMerged) shared!.AppendUnder(own, record);
        record.Append(rest);
        record.EndText();
    }

    private void Write(ReadOnlySpan<byte> body, Utf8Text text, AvroWriter record)
    {
        record.Branch(!text.IsMissing);
        if (!text.IsMissing) record.Text(text.Of(body, submission));
    }

    // An object, which is never empty text.
    private static void Write(ReadOnlySpan<byte> json, AvroWriter record)
    {
        record.Branch(!json.IsEmpty);
        if (!json.IsEmpty) record.Text(json);
    }
}
