namespace Cdp.Benchmarks.Broker;

internal sealed record BrokerOptions
{
    /// <summary>The number of records of a measured run. The copies use a tenth of it.</summary>
    public required int Records { get; init; }
    public required int Bytes { get; init; }
    public required int Partitions { get; init; }

    /// <summary>The amount of data that passes through while memory is watched, in GB.</summary>
    public required int Gigabytes { get; init; }

    /// <summary>Another cluster to measure in the same run, as host:port; null if there is none.</summary>
    public string? Against { get; init; }
}
