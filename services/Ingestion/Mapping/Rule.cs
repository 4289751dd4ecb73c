namespace Cdp.Ingestion.Mapping;

/// <summary>A rule of a mapping.</summary>
/// <param name="Place">The file and line of the rule, for messages.</param>
/// <param name="When">The condition under which the rule applies; null if it applies to every payload.</param>
/// <param name="Events">The events to create; empty if the payload is to be ignored.</param>
public sealed record Rule(string Place, Condition? When, IReadOnlyList<EventTemplate> Events);
