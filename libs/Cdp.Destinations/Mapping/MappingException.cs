namespace Cdp.Destinations.Mapping;

/// <summary>A mapping that is not valid, with every fault found in it.</summary>
public sealed class MappingException(IReadOnlyList<string> faults) : Exception(string.Join('\n', faults))
{
    /// <summary>One line for each fault: the path in the mapping, what is wrong, and what to write.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
