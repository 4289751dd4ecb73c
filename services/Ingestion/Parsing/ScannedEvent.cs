using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>An event that has been scanned but not yet checked: members that the whole batch shares may come after it in the body.</summary>
public record struct ScannedEvent
{
    /// <summary>The whole event.</summary>
    public Slice Item { get; set; }

    /// <summary>One of <see cref="EventTypes"/>, or null.</summary>
    public string? Type { get; set; }

    public Utf8Text MessageId { get; set; }

    /// <summary>In canonical form, like the other three identifiers; missing if the canonical form is empty.</summary>
    public Utf8Text AnonymousId { get; set; }
    public Utf8Text UserId { get; set; }
    public Utf8Text PreviousId { get; set; }
    public Utf8Text GroupId { get; set; }
    public Utf8Text Event { get; set; }
    public Utf8Text Name { get; set; }
    public Utf8Text Category { get; set; }
    public Utf8Text Channel { get; set; }
    public DateTime? OriginalTimestamp { get; set; }
    public DateTime? SentAt { get; set; }
    public DateTime? Timestamp { get; set; }
    public Slice TimestampMember { get; set; }
    public bool IsOriginalTimestampUnreadable { get; set; }
    public bool IsTimestampUnreadable { get; set; }

    /// <summary>When the event happened by the sender's clock; null if the event has no time or an unreadable one.</summary>
    public readonly DateTime? Happened => OriginalTimestamp ?? Timestamp;

    /// <summary>The event has a time, but it cannot be read.</summary>
    public readonly bool IsTimeUnreadable => Happened is null && (IsOriginalTimestampUnreadable || IsTimestampUnreadable);

    /// <summary>The value contains an escape that is an unpaired surrogate; see <see cref="SurrogateRepair"/>.</summary>
    public bool HasUnpairedSurrogate { get; set; }
    public Slice Properties { get; set; }
    public Slice Traits { get; set; }
    public Slice Context { get; set; }
    public bool ContextHasIp { get; set; }
    public Slice Integrations { get; set; }

    /// <summary>The event has <c>"historical": true</c>.</summary>
    public bool IsHistorical { get; set; }

    /// <summary>The first of the two identifiers of a RudderStack merge; missing unless there are exactly two, each with a type and a value.</summary>
    public Utf8Text MergeKey { get; set; }

    /// <summary>The key of the Kafka record. The anonymousId comes first, so that the events of a device stay in order when its user logs in.</summary>
    public readonly Utf8Text Key => AnonymousId.Or(UserId).Or(MergeKey);

    /// <summary>The index of the event's first unknown member in <see cref="Submission.Extras"/>.</summary>
    public int ExtraStart { get; init; }

    /// <summary>The number of the event's unknown members.</summary>
    public int ExtraCount { get; set; }

    /// <summary>The first error found while scanning.</summary>
    public Rejection? Rejection { get; set; }
}
