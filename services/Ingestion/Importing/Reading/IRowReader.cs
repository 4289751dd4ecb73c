using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Reads a file of one format, row by row.</summary>
public interface IRowReader : IAsyncDisposable
{
    /// <summary>Reads what comes before the rows. To be called first.</summary>
    /// <returns>Why the file is refused; null where it has rows to read, or none.</returns>
    Task<Rejection?> OpenAsync(CancellationToken cancel);

    /// <summary>Passes over the rows up to a place that was reached before.</summary>
    /// <returns>Whether the file holds the same up to there.</returns>
    Task<bool> SkipAsync(Place place, CancellationToken cancel);

    /// <summary>Adds the next rows to an empty batch: as many as it takes, or fewer where they come slowly.</summary>
    Task ReadAsync(RowBatch batch, CancellationToken cancel);

    /// <summary>Gives a row's JSON, as a member of the batch or in a buffer that the next row overwrites.</summary>
    Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json);
}
