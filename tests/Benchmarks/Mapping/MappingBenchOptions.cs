namespace Cdp.Benchmarks.Mapping;

internal sealed record MappingBenchOptions
{
    /// <summary>The number of events per round.</summary>
    public required int Events { get; init; }

    public required int Rounds { get; init; }
}
