using Avro.Specific;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>A row that was rejected.</summary>
public readonly record struct RowFault(long Line, Rejection Rejection);

/// <summary>A record to be written.</summary>
public readonly record struct Output(Topic Topic, string? Key, ISpecificRecord Record);

/// <summary>What a batch of rows becomes.</summary>
public sealed class JudgedBatch
{
    public List<Output> Outputs { get; } = [];
    public List<RowFault> Faults { get; } = [];
    public Tally Tally { get; set; }
    public int ClocksBounded { get; set; }
}
