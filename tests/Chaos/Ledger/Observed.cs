using cdp;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Sending;

namespace Cdp.Chaos.Ledger;

/// <summary>An event that ingestion refused, in events.quarantined.</summary>
/// <param name="Event">The index of the refused event of the population with these bytes; -1 if there is none.</param>
/// <param name="Code">The code of the refusal.</param>
/// <param name="Text">A description for the report.</param>
public sealed record QuarantinedRecord(int Event, string Code, string Text);

/// <summary>A record of the topic dead.</summary>
/// <param name="Origin">Topic, partition and offset of the original record.</param>
/// <param name="Service">The service that gave up on it.</param>
/// <param name="Error">The error, for the report.</param>
/// <param name="Bytes">The size of the dead letter, key and value, in bytes.</param>
/// <param name="Omitted">The parts of the original that it leaves out.</param>
/// <param name="ValueBytes">The size of the original value in bytes.</param>
/// <param name="ValueSha256">The hash of the original value, in hex; computed from the value itself if the dead letter contains it.</param>
public sealed record DeadLetter(string Origin, string Service, string Error, int Bytes, string Omitted, long ValueBytes, string ValueSha256);

/// <summary>A record of events.validated.</summary>
public readonly record struct ValidatedRecord(Position At, int Event, DateTime ReceivedAt);

/// <summary>A record of identity.requests.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="Event">The event of a link request; null: an operator's request to take the identifiers out of their profile.</param>
/// <param name="Ids">Its identifiers.</param>
/// <param name="Origin">For a link request, the position of its event in events.validated.</param>
public sealed record IdentityRequest(long Offset, int? Event, IReadOnlyList<Id> Ids, Position Origin);

/// <summary>An event of events.identified.</summary>
public sealed record IdentifiedRecord(Position At, int Event, string ProfileId, IReadOnlyList<Id> Ids, IReadOnlyList<Id> Refused, Position Origin);

/// <summary>A ProfileSplit of events.identified.</summary>
public sealed record SplitAnnouncement(Position At, string Root, IReadOnlyList<string> Into, IReadOnlyList<Id> Ids, long Sequence);

/// <summary>A ProfileMerged of events.identified.</summary>
public sealed record MergeAnnouncement(Position At, string Loser, string Winner, long Sequence);

/// <summary>A record of profiles.transfers.</summary>
/// <param name="At">Its position.</param>
/// <param name="To">The receiving profile.</param>
/// <param name="Content">Names the transferred state or event, so that a repetition is recognized.</param>
public sealed record Transfer(Position At, string To, string Content);

/// <summary>The last state of a profile.</summary>
/// <param name="At">Its position in the profiles topic.</param>
/// <param name="Logged">The state in the topic.</param>
/// <param name="Hot">The state in Redis; null if there is none.</param>
public sealed record ProfileState(Position At, Profile Logged, Profile? Hot);

/// <summary>A record of deliveries or deliveries.dead.</summary>
/// <param name="Text">Its topic and position, for the report.</param>
/// <param name="Destination">The destination.</param>
/// <param name="ProfileId">The profile that it names.</param>
/// <param name="MessageId">The messageId that it names.</param>
/// <param name="Key">Its idempotency key.</param>
/// <param name="Origin">The position of the event in events.identified.</param>
/// <param name="RedrivenFrom">The position of the request to send the event again; null if there was none.</param>
/// <param name="Outcome">delivered, filtered or dead.</param>
/// <param name="Status">The HTTP status; 0 if there was none.</param>
/// <param name="Attempts">The number of requests that it counts.</param>
/// <param name="Reason">The reason of a dead delivery; else empty.</param>
/// <param name="Request">The request of a dead delivery; else empty.</param>
public sealed record OutcomeRecord(
    string Text, string Destination, string ProfileId, string MessageId, UInt128 Key, Position Origin, Position? RedrivenFrom,
    string Outcome, int Status, int Attempts, string Reason, string Request);

/// <summary>All results of a run in the topics, in Redis and at the destinations, in the order found there.</summary>
public sealed record Observed
{
    public required IReadOnlyList<CollectedRecord> Collected { get; init; }
    public required IReadOnlyList<QuarantinedRecord> Quarantined { get; init; }
    public required IReadOnlyList<ValidatedRecord> Validated { get; init; }
    public required IReadOnlyList<IdentityRequest> Requests { get; init; }
    public required IReadOnlyList<Decision> Decisions { get; init; }
    public required IReadOnlyList<IdentifiedRecord> Identified { get; init; }
    public required IReadOnlyList<MergeAnnouncement> Merges { get; init; }
    public required IReadOnlyList<SplitAnnouncement> Splits { get; init; }
    public required IReadOnlyList<Transfer> Transfers { get; init; }
    public required IReadOnlyDictionary<string, ProfileState> Profiles { get; init; }
    public required IReadOnlyDictionary<Id, string> HotRoots { get; init; }
    public required IReadOnlyList<WebhookDelivery> Deliveries { get; init; }
    public required IReadOnlyList<OutcomeRecord> Outcomes { get; init; }

    /// <summary>Events that wait to be sent again, one line each. There should be none.</summary>
    public required IReadOnlyList<string> Waiting { get; init; }

    public required IReadOnlyList<DeadLetter> DeadLetters { get; init; }

    /// <summary>Records that validation quarantined, one line each. There should be none.</summary>
    public required IReadOnlyList<string> GivenUp { get; init; }
}
