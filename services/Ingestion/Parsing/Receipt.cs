namespace Cdp.Ingestion.Parsing;

/// <summary>What is known about a request besides its body.</summary>
/// <param name="SourceId">The id of the source that sent it.</param>
/// <param name="ReceivedAt">The time of receipt on the server's clock, in UTC.</param>
/// <param name="Ip">The sender's IP address, for context.ip; null if it is unknown or is not the address of the customer.</param>
public sealed record Receipt(string SourceId, DateTime ReceivedAt, string? Ip)
{
    /// <summary>How far the source is trusted, and what its events may not set.</summary>
    public Trust Trust { get; init; } = Trust.Public;

    /// <summary>True if the events are historical: their times are used as they are, without clock correction.</summary>
    public bool IsHistorical { get; init; }

    /// <summary>The messageId of an event that has none of its own; null to derive one from the event's bytes.</summary>
    public string? MessageId { get; init; }
}
