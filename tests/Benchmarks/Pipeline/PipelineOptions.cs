namespace Cdp.Benchmarks.Pipeline;

internal sealed record PipelineOptions
{
    public required int Events { get; init; }
    public required int Users { get; init; }
    public required int Bytes { get; init; }
    public required int Batch { get; init; }
    public required int Connections { get; init; }
    public required int Seconds { get; init; }
    public required bool Kill { get; init; }
}
