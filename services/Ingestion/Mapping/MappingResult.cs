namespace Cdp.Ingestion.Mapping;

/// <summary>The result of mapping a payload. If there are neither events nor faults, a rule ignores the payload or its list of items is empty.</summary>
/// <param name="Events">The events as UTF-8 JSON objects in the form that SDKs send: <c>{"type":"track","userId":…}</c>.</param>
/// <param name="Faults">Why the payload or some of its items could not be mapped.</param>
public sealed record MappingResult(IReadOnlyList<byte[]> Events, IReadOnlyList<MappingFault> Faults)
{
    /// <summary>Whether the events exceeded the limits. There are no events then.</summary>
    public bool IsTooLarge { get; init; }
}

/// <summary>Why a payload could not be mapped. It contains paths but no values of the payload.</summary>
/// <param name="Path">The path to what is missing or wrong; empty if it is the payload as a whole.</param>
/// <param name="Message">What is missing or wrong, with the file and line of the rule if one applied.</param>
public sealed record MappingFault(string Path, string Message)
{
    /// <summary>The index of the item in the list of the mapping's <c>each</c>; 0 if the mapping has no <c>each</c>.</summary>
    public int Item { get; init; }
}
