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

    /// <summary>Where in <see cref="Submission.Extras"/> the item's other members begin, and how many they are.</summary>
    public int ExtraStart { get; init; }
    public int ExtraCount { get; set; }

    /// <summary>The first fault that reading it showed.</summary>
    public Rejection? Rejection { get; set; }
}
