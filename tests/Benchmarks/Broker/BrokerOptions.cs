namespace Cdp.Benchmarks;

internal sealed record BrokerOptions
{
    /// <summary>Records of a measured run; the copies take a tenth of it.</summary>
    public required int Records { get; init; }
    public required int Bytes { get; init; }
    public required int Partitions { get; init; }

    /// <summary>What passes through while memory is watched, in GB.</summary>
    public required int Gigabytes { get; init; }

    /// <summary>Another cluster to measure in the same run, host and port; null for none.</summary>
    public string? Against { get; init; }
}
