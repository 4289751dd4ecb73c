namespace Cdp.Benchmarks;

internal sealed record ProfilesBenchOptions
{
    /// <summary>Of each round.</summary>
    public required int Events { get; init; }

    public required int Rounds { get; init; }
    public required int Bytes { get; init; }

    /// <summary>How many profiles there are at first, and how many get events, then as well.</summary>
    public required int Few { get; init; }

    /// <summary>How many there are in the end.</summary>
    public required int Many { get; init; }

    /// <summary>Requests a second to the API.</summary>
    public required int Rate { get; init; }

    public required int Seconds { get; init; }
}
