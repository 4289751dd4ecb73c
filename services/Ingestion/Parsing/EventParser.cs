using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Ingestion.Parsing;

/// <summary>The judgement on one event: accepted, or rejected with its reason.</summary>
public readonly record struct Parsed(CollectedEvent? Accepted, Rejection? Rejected, bool ClockBounded);

/// <summary>Turns what was read of a request into events. Pure: the same bytes and the same receipt give the same events.</summary>
public sealed class EventParser(Submission submission, Receipt receipt, LimitOptions limits)
{
    // A sender's clock may run ahead by a time zone gone wrong; what claims to be later than that is not believed.
    private static readonly TimeSpan MaxFuture = TimeSpan.FromHours(24);

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
    public Parsed Parse(ReadOnlySpan<byte> body, int index)
    {
        var scanned = submission.Events[index];
        var envelope = scanned.Envelope;
        if (string.IsNullOrWhiteSpace(envelope.anonymousId)) envelope.anonymousId = null;
        if (string.IsNullOrWhiteSpace(envelope.userId)) envelope.userId = null;
        if (Judge(scanned) is { } rejection) return new Parsed(null, rejection, false);

        if (string.IsNullOrEmpty(envelope.messageId)) envelope.messageId = receipt.MessageId ?? DeriveMessageId(scanned.Item.Of(body), index);
        envelope.sourceId = receipt.SourceId;
        envelope.receivedAt = receipt.ReceivedAt;
        envelope.sentAt ??= submission.SentAt;
        envelope.originalTimestamp = scanned.OriginalTimestamp ?? scanned.Timestamp;
        var sentAt = receipt.IsHistorical || submission.IsHistorical || scanned.IsHistorical ? null : envelope.sentAt;
        (envelope.timestamp, var bounded) = ClockCorrection.Correct(receipt.ReceivedAt, sentAt, envelope.originalTimestamp, MaxFuture);
        envelope.properties = Text(body, scanned.Properties);
        envelope.traits = Text(body, scanned.Traits);
        envelope.integrations = _integrations is null ? Text(body, scanned.Integrations) : _integrations.Under(scanned.Integrations.Of(body));
        envelope.context = Context(body, scanned);
        envelope.extra = Extra(body, scanned);
        return new Parsed(new CollectedEvent { envelope = envelope }, null, bounded);
    }

    private Rejection? Judge(in ScannedEvent scanned)
    {
        var envelope = scanned.Envelope;
        if (scanned.Rejection is not null) return scanned.Rejection;
        if (scanned.Item.Length + submission.Context.Length + submission.Integrations.Length > limits.EventBytes) return Rejection.EventTooLarge(limits.EventBytes);
        if (envelope.type is null) return Rejection.UnknownType;
        if (envelope.type == "merge")
        {
            if (scanned.MergeKey is null) return Rejection.InvalidMerge;
        }
        else if (envelope.anonymousId is null && envelope.userId is null) return Rejection.NoIdentifier;
        return envelope.messageId?.Length > limits.MessageIdCharacters ? Rejection.MessageIdTooLong(limits.MessageIdCharacters) : null;
    }

    // The same bytes from the same source are the same message, so that a retry is found to be one.
    private string DeriveMessageId(ReadOnlySpan<byte> item, int index)
    {
        Span<byte> hashed = stackalloc byte[(2 * SHA256.HashSizeInBytes) + sizeof(int)];
        SHA256.HashData(Encoding.UTF8.GetBytes(receipt.SourceId), hashed);
        SHA256.HashData(item, hashed[SHA256.HashSizeInBytes..]);
        BinaryPrimitives.WriteInt32BigEndian(hashed[(2 * SHA256.HashSizeInBytes)..], index);
        Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(hashed, id);
        return Convert.ToHexStringLower(id[..16]);
    }

    private string? Context(ReadOnlySpan<byte> body, in ScannedEvent scanned)
    {
        var context = _context is null ? Text(body, scanned.Context) : _context.Under(scanned.Context.Of(body));
        if (receipt.Ip is null || scanned.ContextHasIp || _context?.HasIp == true) return context;
        var ip = $"{{\"ip\":\"{receipt.Ip}\"";
        if (context is null) return ip + "}";
        // An address needs no escapes; what the sender wrote follows as it is.
        var rest = context.AsSpan(1);
        return rest.TrimStart()[0] == '}' ? string.Concat(ip, rest) : string.Concat(ip, ",", rest);
    }

    private string? Extra(ReadOnlySpan<byte> body, in ScannedEvent scanned)
    {
        if (scanned.ExtraCount == 0) return null;
        if (scanned.ExtraCount == 1) return string.Concat("{", Text(body, submission.Extras[scanned.ExtraStart]), "}");
        var extra = new StringBuilder("{");
        for (var i = 0; i < scanned.ExtraCount; i++)
        {
            if (i > 0) extra.Append(',');
            extra.Append(Text(body, submission.Extras[scanned.ExtraStart + i]));
        }
        return extra.Append('}').ToString();
    }

    private static string? Text(ReadOnlySpan<byte> body, Slice slice) => slice.IsEmpty ? null : Encoding.UTF8.GetString(slice.Of(body));
}
