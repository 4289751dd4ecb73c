using cdp;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>A row that was rejected.</summary>
public readonly record struct RowFault(long Line, Rejection Rejection);

/// <summary>An event to be collected.</summary>
/// <param name="Key">The record's, as UTF-8.</param>
/// <param name="Record">The CollectedEvent as Avro.</param>
public readonly record struct JudgedEvent(byte[] Key, byte[] Record);

/// <summary>What a batch of rows becomes.</summary>
public sealed class JudgedBatch
{
    public List<JudgedEvent> Events { get; } = [];
    public List<(string? Key, QuarantinedEvent Record)> Quarantined { get; } = [];
    public List<RowFault> Faults { get; } = [];
    public Tally Tally { get; set; }
    public int ClocksBounded { get; set; }
}
