namespace Cdp.Ingestion.Sources;

/// <summary>All sources, as they were in the files at one time.</summary>
public sealed class SourceCatalog(IReadOnlyList<Source> sources)
{
    public IReadOnlyList<Source> Sources { get; } = sources;

    public WriteKeys WriteKeys { get; } = new(sources);
}
