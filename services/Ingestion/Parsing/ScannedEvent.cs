namespace Cdp.Ingestion.Parsing;

/// <summary>A piece of a request's bytes. An empty one stands for what the sender left out.</summary>
public readonly record struct Slice(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body) => body.Slice(Start, Length);
}

/// <summary>An event as it stands in a request, read but not yet judged: what the batch has in common may come behind it.</summary>
public record struct ScannedEvent
{
    /// <summary>The whole item.</summary>
    public Slice Item { get; set; }

    /// <summary>One of <see cref="EventTypes"/>, or null.</summary>
    public string? Type { get; set; }

    public Utf8Text MessageId { get; set; }

    /// <summary>Missing where it is blank; and so is <see cref="UserId"/>.</summary>
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
    public Slice Properties { get; set; }
    public Slice Traits { get; set; }
    public Slice Context { get; set; }
    public bool ContextHasIp { get; set; }
    public Slice Integrations { get; set; }

    /// <summary>The event says that it happened long ago.</summary>
    public bool IsHistorical { get; set; }

    /// <summary>The first of the two identifiers that RudderStack's merge names, which orders it; missing where they are not two, each with a type and a value.</summary>
    public Utf8Text MergeKey { get; set; }

    /// <summary>What keeps a device's events in order through its login: the record's key.</summary>
    public readonly Utf8Text Key => AnonymousId.Or(UserId).Or(MergeKey);

    /// <summary>Where in <see cref="Submission.Extras"/> the item's other members begin, and how many they are.</summary>
    public int ExtraStart { get; init; }
    public int ExtraCount { get; set; }

    /// <summary>The first fault that reading it showed.</summary>
    public Rejection? Rejection { get; set; }
}
