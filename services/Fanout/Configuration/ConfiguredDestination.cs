using Cdp.DeliveryEngine.Configuration;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Routing;
using Cdp.Streaming.Consuming;

namespace Cdp.Fanout.Configuration;

/// <summary>A destination as its file describes it.</summary>
/// <param name="Settings">How it is delivered to.</param>
/// <param name="Router">Which events trigger which of its actions.</param>
/// <param name="Start">Where it begins in the history, if it is new.</param>
/// <param name="Linger">How long a batch waits for further events.</param>
/// <param name="Create">Creates the destination.</param>
public sealed record ConfiguredDestination(
    DeliverySettings Settings, Router Router, StartPosition Start, TimeSpan Linger, Func<TimeProvider, Destination> Create)
{
    public string Id => Settings.Id;

    /// <summary>The type of the destination, such as webhook.</summary>
    public required string Type { get; init; }

    /// <summary>The text of its file. A destination whose file has the same text as before continues undisturbed.</summary>
    public required string Source { get; init; }
}
