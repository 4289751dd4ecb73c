using System.Globalization;
using cdp;

namespace Cdp.Ingestion.Parsing;

/// <summary>Makes the record of an event that was refused.</summary>
public static class Quarantine
{
    /// <summary>How much of an event is kept: it must fit into one record of Kafka's default 1 MB.</summary>
    public const int MaxBytes = 768 * 1024;

    /// <param name="body">The request, and <paramref name="submission"/> what was read of it.</param>
    /// <param name="index">Which of its events.</param>
    public static QuarantinedEvent Record(ReadOnlySpan<byte> body, Submission submission, int index, Rejection rejection, Receipt receipt)
    {
        var scanned = submission.Events[index];
        var record = Record(scanned.Item.Of(body), rejection, receipt);
        record.messageId = Short(scanned.MessageId.Read(body, submission));
        record.type = scanned.Type;
        record.@event = Short(scanned.Event.Read(body, submission));
        return record;
    }

    /// <summary>The record of what is no event.</summary>
    public static QuarantinedEvent Record(ReadOnlySpan<byte> original, Rejection rejection, Receipt receipt)
    {
        var kept = original.Length > MaxBytes ? original[..MaxBytes] : original;
        var cut = original.Length > MaxBytes ? string.Create(CultureInfo.InvariantCulture, $"; only the first {MaxBytes} of its {original.Length} bytes are kept") : "";
        return new QuarantinedEvent
        {
            original = kept.ToArray(),
            encoding = "json",
            violations = [new Violation { kind = rejection.Code, path = "", message = rejection.Message + cut, action = "block" }],
            sourceId = receipt.SourceId,
            receivedAt = receipt.ReceivedAt,
        };
    }

    /// <summary>As an accepted event's, so that a user's events stay together.</summary>
    public static string? Key(ReadOnlySpan<byte> body, Submission submission, int index) => Short(submission.Events[index].Key.Read(body, submission));

    // The whole text is in the original; a copy of a huge one would not fit beside it.
    private static string? Short(string? text) => text?.Length > 1_000 ? null : text;
}
