namespace Cdp.Ingestion.Parsing;

/// <summary>The results for the events of a request.</summary>
public sealed class Verdicts
{
    public int Accepted { get; set; }

    /// <summary>The number of events dropped because their user asked to be forgotten. They are reported to the sender as accepted.</summary>
    public int Suppressed { get; set; }
    public List<(int Index, Rejection Rejection)> Rejected { get; } = [];

    /// <summary>Warnings on accepted events.</summary>
    public List<(int Index, Warning Warning)> Warnings { get; } = [];
}
