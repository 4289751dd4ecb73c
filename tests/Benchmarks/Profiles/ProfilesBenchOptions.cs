namespace Cdp.Benchmarks.Profiles;

internal sealed record ProfilesBenchOptions
{
    /// <summary>The number of events per round.</summary>
    public required int Events { get; init; }

    public required int Rounds { get; init; }
    public required int Bytes { get; init; }

    /// <summary>The number of profiles at first, and of profiles that get events throughout.</summary>
    public required int Few { get; init; }

    /// <summary>The number of profiles in the end.</summary>
    public required int Many { get; init; }

    /// <summary>Requests per second to the API.</summary>
    public required int Rate { get; init; }

    public required int Seconds { get; init; }
}
