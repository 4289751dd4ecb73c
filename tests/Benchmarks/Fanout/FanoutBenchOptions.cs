namespace Cdp.Benchmarks.Fanout;

internal sealed record FanoutBenchOptions
{
    /// <summary>The number of events per measured run.</summary>
    public required int Events { get; init; }

    /// <summary>The number of profiles that wait in the retry topic for the measurement of memory.</summary>
    public required int Parked { get; init; }

    /// <summary>The duration of the steady runs with ten destinations, in seconds.</summary>
    public required int Seconds { get; init; }
}
