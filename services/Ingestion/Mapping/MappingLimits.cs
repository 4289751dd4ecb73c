namespace Cdp.Ingestion.Mapping;

/// <summary>Limits on the events that a mapping may produce from one payload. A small payload can be mapped to large events.</summary>
/// <param name="EventBytes">The size of one event in bytes.</param>
/// <param name="TotalBytes">The size of all events in bytes.</param>
public readonly record struct MappingLimits(long EventBytes, long TotalBytes)
{
    /// <summary>The limits for samples, which do not belong to a source.</summary>
    public static readonly MappingLimits Default = new(16 * 1024 * 1024, 16 * 1024 * 1024);
}
