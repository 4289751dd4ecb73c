namespace Cdp.Benchmarks.Functions;

internal sealed record FunctionsBenchOptions
{
    public required int Events { get; init; }
    public required int Rounds { get; init; }
    public required int Bytes { get; init; }
    public required int Batch { get; init; }
}
