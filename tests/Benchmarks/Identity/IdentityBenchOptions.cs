namespace Cdp.Benchmarks;

internal sealed record IdentityBenchOptions
{
    /// <summary>Of each round.</summary>
    public required int Events { get; init; }

    public required int Rounds { get; init; }
    public required int Bytes { get; init; }
}
