namespace Cdp.DeliveryEngine.Configuration;

/// <summary>How a destination is delivered to.</summary>
public sealed record DeliverySettings
{
    /// <summary>The id of the destination: names its consumer group, retry topic and records, and its switch in an event's <c>integrations</c>.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Whether the events of a profile are delivered in order. If false, every event is on its own: a failing one holds up nothing, and requests can hold
    /// several events of one profile.
    /// </summary>
    public bool KeepsOrder { get; init; } = true;

    /// <summary>The most requests in flight at the same time.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>The most requests per second; null for no limit of our own. A destination that answers 429 lowers the rate in either case.</summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>How many attempts an event gets at least before it is given up.</summary>
    public int MinAttempts { get; init; } = 3;

    /// <summary>How long an event is tried at least before it is given up, from the first failure of its profile.</summary>
    public TimeSpan RetryWindow { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long requests that are the last of their batch are waited for. After that they continue, and the next batch begins.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most events that may wait in the retry topic for each instance of the service; beyond that no new ones are read.</summary>
    public int MaxParked { get; init; } = 500_000;
}
