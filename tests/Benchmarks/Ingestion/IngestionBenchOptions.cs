namespace Cdp.Benchmarks;

internal sealed record IngestionBenchOptions
{
    public required int Seconds { get; init; }
    public required int Rounds { get; init; }
    public required int Bytes { get; init; }
    public required int Batch { get; init; }

    /// <summary>The size of the file that is imported.</summary>
    public required int ImportGigabytes { get; init; }

    /// <summary>How long Kafka is away; null: not at all.</summary>
    public required int? Outage { get; init; }
}
