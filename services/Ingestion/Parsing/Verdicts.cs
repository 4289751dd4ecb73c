namespace Cdp.Ingestion.Parsing;

/// <summary>What became of a request's events.</summary>
public sealed class Verdicts
{
    public int Accepted { get; set; }

    /// <summary>Dropped because their user asked to be forgotten; to the sender as good as accepted.</summary>
    public int Suppressed { get; set; }
    public int ClocksBounded { get; set; }
    public List<(int Index, Rejection Rejection)> Rejected { get; } = [];
}
