using System.Globalization;
using cdp;

namespace Cdp.Ingestion.Parsing.Quarantining;

/// <summary>Creates the quarantine record of a rejected event.</summary>
public static class Quarantine
{
    /// <summary>The most bytes that a quarantine record keeps, whatever it is a record of. Webhook payloads may be that large.</summary>
    public const int MaxBytes = 768 * 1024;

    /// <summary>The record of an event of a request.</summary>
    /// <param name="body">The body of the request.</param>
    /// <param name="submission">The scanned events of the request.</param>
    /// <param name="index">The position of the event in the submission, from 0.</param>
    /// <param name="rejection">Why the event was rejected.</param>
    /// <param name="receipt">The source and the time of receipt.</param>
    /// <param name="most">How many bytes of the event to keep.</param>
    public static QuarantinedEvent Record(ReadOnlySpan<byte> body, Submission submission, int index, Rejection rejection, Receipt receipt, int most)
    {
        var scanned = submission.Events[index];
        var record = Record(scanned.Item.Of(body), rejection, receipt, most);
        record.messageId = Short(scanned.MessageId.Read(body, submission));
        record.type = scanned.Type;
        record.@event = Short(scanned.Event.Read(body, submission));
        return record;
    }

    /// <summary>The record of something that could not be read as an event. If bytes are cut off, its violation says how many.</summary>
    /// <param name="original">The original bytes, or only the first of them.</param>
    /// <param name="rejection">Why it was rejected.</param>
    /// <param name="receipt">The source and the time of receipt.</param>
    /// <param name="most">How many bytes to keep.</param>
    /// <param name="size">The size of the complete original in bytes; null if <paramref name="original"/> is complete.</param>
    public static QuarantinedEvent Record(ReadOnlySpan<byte> original, Rejection rejection, Receipt receipt, int most = MaxBytes, long? size = null)
    {
        var kept = Credential.Removed(original);
        var whole = (size ?? original.Length) - original.Length + kept.Length;
        if (kept.Length > most) kept = kept[..most];
        var cut = kept.Length < whole ? string.Create(CultureInfo.InvariantCulture, $"; only the first {kept.Length} of its {whole} bytes are kept") : "";
        return new QuarantinedEvent
        {
            original = kept.ToArray(),
            encoding = "json",
            violations = [new Violation { kind = rejection.Code, path = "", message = rejection.Message + cut, action = "block" }],
            sourceId = receipt.SourceId,
            receivedAt = receipt.ReceivedAt,
        };
    }

    /// <summary>The record key: the same as that of an accepted event, so that all events of a user are on one partition.</summary>
    public static string? Key(ReadOnlySpan<byte> body, Submission submission, int index) => Short(submission.Events[index].Key.Read(body, submission));

    // A huge string is left out: it is part of the original anyway, and a second copy could exceed the size limit of a Kafka record.
    private static string? Short(string? text) => text?.Length > 1_000 ? null : text;
}
