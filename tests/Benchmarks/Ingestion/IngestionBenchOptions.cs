namespace Cdp.Benchmarks.Ingestion;

internal sealed record IngestionBenchOptions
{
    public required int Seconds { get; init; }
    public required int Rounds { get; init; }
    public required int Bytes { get; init; }
    public required int Batch { get; init; }

    /// <summary>The size of the imported file in GB.</summary>
    public required int ImportGigabytes { get; init; }

    /// <summary>How long Kafka is down, in seconds; null: no outage.</summary>
    public required int? Outage { get; init; }
}
