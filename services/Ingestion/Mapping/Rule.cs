namespace Cdp.Ingestion.Mapping;

/// <summary>What is to become of the payloads of which a condition holds.</summary>
/// <param name="Place">Its file and line, for messages.</param>
/// <param name="When">Null: it takes every payload that comes so far.</param>
/// <param name="Events">None: the payload is to be ignored.</param>
public sealed record Rule(string Place, Condition? When, IReadOnlyList<EventTemplate> Events);
