using Cdp.Ingestion.Importing.Reading.ParquetFiles;

namespace Cdp.Ingestion.Importing;

/// <summary>Limits on file imports.</summary>
public sealed record ImportOptions
{
    // DuckDB needs some memory for itself.
    private const long LeastMemory = 128L * 1024 * 1024;

    /// <summary>The number of concurrent imports. Further ones get 503.</summary>
    public int Concurrent { get; init; } = 4;

    /// <summary>The folder in which Parquet files are stored while they are read. It is created if it does not exist.</summary>
    public string Folder { get; init; } = Path.Combine(Path.GetTempPath(), "cdp-imports");

    /// <summary>The largest Parquet file in bytes.</summary>
    public long SpoolBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>The memory for reading one Parquet file in bytes. A compressed page and its decompressed content must fit.</summary>
    public long ParquetMemoryBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>How many seconds an import waits for Kafka before it is aborted.</summary>
    public int PatienceSeconds { get; init; } = 60;

    /// <summary>The limits for reading a Parquet file.</summary>
    public ParquetLimits Parquet() => new(Folder, SpoolBytes, ParquetMemoryBytes);

    public IEnumerable<string> Errors()
    {
        if (Concurrent < 1) yield return $"Imports:Concurrent is {Concurrent}; set it to 1 or more";
        if (string.IsNullOrWhiteSpace(Folder)) yield return "Imports:Folder is empty; set it to a folder on a disk with space for Parquet files";
        if (SpoolBytes < 1) yield return $"Imports:SpoolBytes is {SpoolBytes}; set it to 1 or more";
        if (ParquetMemoryBytes < LeastMemory) yield return $"Imports:ParquetMemoryBytes is {ParquetMemoryBytes}; set it to {LeastMemory} or more";
        if (PatienceSeconds < 1) yield return $"Imports:PatienceSeconds is {PatienceSeconds}; set it to 1 or more";
    }
}
