using Cdp.Fanout.Configuration;

namespace Cdp.Fanout.Streams;

/// <summary>What must happen to the running deliveries so that they match the configuration. A changed destination is stopped and started again.</summary>
/// <param name="Stopped">The ids of the destinations to stop.</param>
/// <param name="Started">The destinations to start.</param>
public sealed record DestinationChanges(IReadOnlyList<string> Stopped, IReadOnlyList<ConfiguredDestination> Started)
{
    /// <summary>Compares by the text of the files: reading a file again creates new objects.</summary>
    public static DestinationChanges Between(IEnumerable<ConfiguredDestination> running, IReadOnlyList<ConfiguredDestination> configured)
    {
        var sources = configured.ToDictionary(destination => destination.Id, destination => destination.Source);
        var (kept, stopped) = (new HashSet<string>(), new List<string>());
        foreach (var destination in running)
        {
            if (sources.GetValueOrDefault(destination.Id) == destination.Source) kept.Add(destination.Id);
            else stopped.Add(destination.Id);
        }
        return new DestinationChanges(stopped, [.. configured.Where(destination => !kept.Contains(destination.Id))]);
    }
}
