namespace Cdp.Ingestion.Importing;

/// <summary>What imports of files may cost.</summary>
public sealed record ImportOptions
{
    // DuckDB itself needs some.
    private const long LeastMemory = 128L * 1024 * 1024;

    /// <summary>Imports at one time; above it 503.</summary>
    public int Concurrent { get; init; } = 4;

    /// <summary>Where Parquet files are kept while they are read; the folder is made where it is missing.</summary>
    public string Folder { get; init; } = Path.Combine(Path.GetTempPath(), "cdp-imports");

    /// <summary>How long a Parquet file may be.</summary>
    public long SpoolBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>What reading one Parquet file may take of memory. A page and what it inflates to must fit in.</summary>
    public long ParquetMemoryBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>How long an import waits for Kafka before it breaks off.</summary>
    public int PatienceSeconds { get; init; } = 60;

    public IEnumerable<string> Errors()
    {
        if (Concurrent < 1) yield return $"Imports:Concurrent is {Concurrent}; set it to 1 or more";
        if (string.IsNullOrWhiteSpace(Folder)) yield return "Imports:Folder is empty; set it to a folder on a disk with space for Parquet files";
        if (SpoolBytes < 1) yield return $"Imports:SpoolBytes is {SpoolBytes}; set it to 1 or more";
        if (ParquetMemoryBytes < LeastMemory) yield return $"Imports:ParquetMemoryBytes is {ParquetMemoryBytes}; set it to {LeastMemory} or more";
        if (PatienceSeconds < 1) yield return $"Imports:PatienceSeconds is {PatienceSeconds}; set it to 1 or more";
    }
}
