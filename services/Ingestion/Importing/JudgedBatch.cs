using Cdp.Ingestion.Importing.Ledger;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>A row that was rejected.</summary>
public readonly record struct RowFault(long Line, Rejection Rejection);

/// <summary>What a batch of rows becomes.</summary>
public sealed class JudgedBatch
{
    public List<Encoded> Records { get; } = [];
    public List<RowFault> Faults { get; } = [];
    public Tally Tally { get; set; }
    public int ClocksBounded { get; set; }
}
