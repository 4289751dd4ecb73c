namespace Cdp.Ingestion.Parsing;

/// <summary>What is known of a request beside its body.</summary>
/// <param name="SourceId">Who sent it.</param>
/// <param name="ReceivedAt">Our clock, UTC.</param>
/// <param name="Ip">The sender's address, for context.ip; null where it is not known, or is not the customer's.</param>
public sealed record Receipt(string SourceId, DateTime ReceivedAt, string? Ip)
{
    /// <summary>True: what is sent happened long ago, and its times are right as they are.</summary>
    public bool IsHistorical { get; init; }

    /// <summary>Given to an event that has no messageId; null: one is derived from its bytes.</summary>
    public string? MessageId { get; init; }
}
