namespace Cdp.Ingestion.Mapping;

/// <summary>What a mapping makes of a payload. No events and no faults: a rule says that the payload is to be ignored, or its list of items is empty.</summary>
/// <param name="Events">UTF-8 JSON objects in the form that SDKs send: <c>{"type":"track","userId":…}</c>.</param>
/// <param name="Faults">Why the payload, or some of its items, could not be placed.</param>
public sealed record MappingResult(IReadOnlyList<byte[]> Events, IReadOnlyList<MappingFault> Faults);

/// <summary>Why a payload could not be placed. It names paths, never what a sender wrote.</summary>
/// <param name="Path">Where in the payload something is missing or wrong; empty where it is the whole.</param>
/// <param name="Message">What is missing or wrong, with the rule's file and line where a rule took it.</param>
public sealed record MappingFault(string Path, string Message)
{
    /// <summary>Which of the items that the mapping's <c>each</c> found, from 0; 0 where it has none.</summary>
    public int Item { get; init; }
}
