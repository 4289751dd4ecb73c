using cdp;
using Cdp.Contracts;
using Cdp.DeliveryEngine.Parking;
using Cdp.DeliveryEngine.Rounds;

namespace Cdp.DeliveryEngine;

/// <summary>Makes the records that the engine writes. Pure.</summary>
internal static class DeliveryRecords
{
    private const int MaxRequest = 2_048;

    public static Delivery Delivered(string destinationId, WorkItem item, Outcome.Delivered outcome) =>
        Ended(destinationId, item, outcome.Status, outcome.Attempts, outcome.At);

    public static Delivery Filtered(string destinationId, WorkItem item, Outcome.Filtered outcome)
    {
        var record = Ended(destinationId, item, status: 0, item.Attempts, outcome.At);
        (record.outcome, record.rule) = ("filtered", outcome.Rule);
        return record;
    }

    /// <param name="destinationId">The destination.</param>
    /// <param name="item">The item.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="preview">The last request, without secrets; null if none could be built. Its beginning is kept.</param>
    public static DeadDelivery Dead(string destinationId, WorkItem item, Outcome.Dead outcome, string? preview) => new()
    {
        destinationId = destinationId,
        profileId = item.Event.profileId,
        messageId = item.Event.validated.envelope.messageId,
        idempotencyKey = KeyOf(destinationId, item),
        status = outcome.Status,
        reason = Shorten(outcome.Reason, SizeLimits.ErrorCharacters),
        attempts = outcome.Attempts,
        @event = item.Event,
        origin = item.Origin,
        diedAt = outcome.At,
        action = item.Action,
        request = preview is null ? null : Shorten(preview, MaxRequest),
        redrivenFrom = item.RedrivenFrom,
    };

    public static RetriedDelivery Retried(string destinationId, WorkItem item, Outcome.Parked outcome, long sequence, DateTime parkedAt) => new()
    {
        destinationId = destinationId,
        profileId = item.Event.profileId,
        sequence = sequence,
        action = item.Action,
        @event = item.Event,
        origin = item.Origin,
        redrivenFrom = item.RedrivenFrom,
        attempts = outcome.Attempts,
        status = outcome.Status,
        reason = outcome.Reason is null ? null : Shorten(outcome.Reason, SizeLimits.ErrorCharacters),
        parkedAt = parkedAt,
        dueAt = outcome.DueAt,
    };

    /// <summary>The key of an item in the retry topic.</summary>
    public static string RetryKey(string profileId, long sequence) => $"{profileId}/{sequence}";

    /// <summary>The entry of an item, from its record.</summary>
    public static ParkedItem EntryOf(RetriedDelivery record, long offset) => new(record.sequence, offset, record.attempts, record.parkedAt, record.dueAt);

    private static string Shorten(string text, int length) => text.Length > length ? text[..length] : text;

    private static Delivery Ended(string destinationId, WorkItem item, int status, int attempts, DateTime at) => new()
    {
        destinationId = destinationId,
        profileId = item.Event.profileId,
        messageId = item.Event.validated.envelope.messageId,
        idempotencyKey = KeyOf(destinationId, item),
        status = status,
        attempts = attempts,
        origin = item.Origin,
        deliveredAt = at,
        outcome = "delivered",
        action = item.Action,
        redrivenFrom = item.RedrivenFrom,
    };

    private static string KeyOf(string destinationId, WorkItem item) =>
        item.ToSend?.IdempotencyKey ?? Destinations.IdempotencyKey.Of(destinationId, item.Event.validated.envelope, item.Action);
}
