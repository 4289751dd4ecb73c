namespace Cdp.Ingestion.Sources;

/// <summary>Who may send.</summary>
public sealed record SourceOptions
{
    /// <summary>Names the source in events, metrics and tracking plans.</summary>
    public string Id { get; init; } = "";

    /// <summary>SHA-256 of the write key, 64 hexadecimal digits: <c>printf %s KEY | sha256sum</c>.</summary>
    public string WriteKeyHash { get; init; } = "";

    /// <summary>False: its requests get 404.</summary>
    public bool Enabled { get; init; } = true;
}
