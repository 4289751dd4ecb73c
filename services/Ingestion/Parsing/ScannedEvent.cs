using cdp;

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

    /// <summary>The envelope's texts and times; the rest is filled in by <see cref="EventParser"/>.</summary>
    public Event Envelope { get; init; }

    public DateTime? OriginalTimestamp { get; set; }
    public DateTime? Timestamp { get; set; }
    public Slice TimestampMember { get; set; }
    public Slice Properties { get; set; }
    public Slice Traits { get; set; }
    public Slice Context { get; set; }
    public bool ContextHasIp { get; set; }
    public Slice Integrations { get; set; }

    /// <summary>The event says that it happened long ago.</summary>
    public bool IsHistorical { get; set; }

    /// <summary>The first of the two identifiers that RudderStack's merge names, which orders it; null where they are not two, each with a type and a value.</summary>
    public string? MergeKey { get; set; }

    /// <summary>What keeps a device's events in order through its login: the record's key.</summary>
    public readonly string? Key => Envelope.anonymousId ?? Envelope.userId ?? MergeKey;

    /// <summary>Where in <see cref="Submission.Extras"/> the item's other members begin, and how many they are.</summary>
    public int ExtraStart { get; init; }
    public int ExtraCount { get; set; }

    /// <summary>The first fault that reading it showed.</summary>
    public Rejection? Rejection { get; set; }
}
