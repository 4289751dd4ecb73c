namespace Cdp.Chaos.Settings;

/// <summary>The ids of the destinations of the installation under test.</summary>
public static class DestinationIds
{
    /// <summary>Accepts every event at once.</summary>
    public const string Ordered = "ordered";

    /// <summary>Accepts every event at once, in any order.</summary>
    public const string Unordered = "unordered";

    /// <summary>Fails some requests, refuses some events, and has outages.</summary>
    public const string Flaky = "flaky";

    public static readonly IReadOnlyList<string> All = [Ordered, Unordered, Flaky];

    /// <summary>Whether the events of a profile must arrive in order.</summary>
    public static bool KeepsOrder(string destination) => destination != Unordered;
}
