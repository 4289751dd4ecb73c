namespace Cdp.Destinations.Mapping;

/// <summary>An invalid mapping, with every fault that was found.</summary>
public sealed class MappingException(IReadOnlyList<string> faults) : Exception(string.Join('\n', faults))
{
    /// <summary>One line for each fault: the path in the mapping, what is wrong, and what to write.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
