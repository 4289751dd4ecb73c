namespace Cdp.Benchmarks.Identity;

internal sealed record IdentityBenchOptions
{
    /// <summary>The number of events per round.</summary>
    public required int Events { get; init; }

    public required int Rounds { get; init; }
    public required int Bytes { get; init; }
}
