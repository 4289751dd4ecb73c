using Avro.Specific;
using cdp;

namespace Cdp.Fanout.History;

/// <summary>What a list shows of a delivery.</summary>
/// <param name="Outcome">delivered, filtered, dead or waiting.</param>
/// <param name="DestinationId">The destination.</param>
/// <param name="ProfileId">The profile.</param>
/// <param name="MessageId">The messageId of the event.</param>
/// <param name="Type">The type of the event; null if the record does not hold the event.</param>
/// <param name="Event">The name of a track event; null for others, and if the record does not hold the event.</param>
/// <param name="Action">The action that the event triggers; empty for none.</param>
/// <param name="Status">The HTTP status of the last response; null if there was none.</param>
/// <param name="Reason">Why it was not delivered; null if it was, or before the first attempt.</param>
/// <param name="Attempts">The number of requests that were made.</param>
/// <param name="At">When the delivery ended, or the wait began, in UTC.</param>
/// <param name="DueAt">When the next attempt is due, in UTC; null if none is.</param>
/// <param name="Origin">The position of the event in events.identified.</param>
/// <param name="RedrivenFrom">The position of the request of an operator; null if there was none.</param>
public sealed record DeliverySummary(
    string Outcome,
    string DestinationId,
    string ProfileId,
    string MessageId,
    string? Type,
    string? Event,
    string Action,
    int? Status,
    string? Reason,
    int Attempts,
    DateTime At,
    DateTime? DueAt,
    RecordPosition Origin,
    RecordPosition? RedrivenFrom)
{
    public const string Delivered = "delivered";
    public const string Filtered = "filtered";
    public const string Dead = "dead";
    public const string Waiting = "waiting";

    public static readonly IReadOnlyList<string> Outcomes = [Delivered, Filtered, Dead, Waiting];

    /// <summary>The summary of a record; null for a record of another type.</summary>
    public static DeliverySummary? Of(ISpecificRecord? record) => record switch
    {
        Delivery ended => new(
            ended.outcome, ended.destinationId, ended.profileId, ended.messageId, null, null, ended.action, ended.status == 0 ? null : ended.status, ended.rule,
            ended.attempts, ended.deliveredAt, null, ended.origin, ended.redrivenFrom),
        DeadDelivery dead => new(
            Dead, dead.destinationId, dead.profileId, dead.messageId, TypeOf(dead.@event), NameOf(dead.@event), dead.action, dead.status, dead.reason,
            dead.attempts, dead.diedAt, null, dead.origin, dead.redrivenFrom),
        RetriedDelivery waiting => new(
            Waiting, waiting.destinationId, waiting.profileId, waiting.@event.validated.envelope.messageId, TypeOf(waiting.@event), NameOf(waiting.@event),
            waiting.action, waiting.status, waiting.reason, waiting.attempts, waiting.parkedAt, waiting.dueAt, waiting.origin, waiting.redrivenFrom),
        _ => null,
    };

    private static string TypeOf(IdentifiedEvent identified) => identified.validated.envelope.type;

    private static string? NameOf(IdentifiedEvent identified) => identified.validated.envelope.@event;
}
