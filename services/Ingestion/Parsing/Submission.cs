namespace Cdp.Ingestion.Parsing;

/// <summary>What one request holds: its events, and what they have in common.</summary>
public sealed class Submission
{
    public List<ScannedEvent> Events { get; } = [];

    /// <summary>Members of events that the contract does not name, each with its name, as sent.</summary>
    public List<Slice> Extras { get; } = [];

    public Slice Context { get; set; }
    public Slice Integrations { get; set; }
    public DateTime? SentAt { get; set; }

    /// <summary>The batch says that its events happened long ago.</summary>
    public bool IsHistorical { get; set; }

    public string? WriteKey { get; set; }
}
