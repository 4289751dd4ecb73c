using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Quarantining;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>Reads a file of one format, row by row.</summary>
public interface IRowReader : IAsyncDisposable
{
    /// <summary>Reads the part of the file before the first row. Call it once, before any other method.</summary>
    /// <returns>Why the file is refused; null if it can be read.</returns>
    Task<Rejection?> OpenAsync(CancellationToken cancel);

    /// <summary>Skips the rows up to a position that an earlier upload reached.</summary>
    /// <returns>Whether the file has the same content up to that position.</returns>
    Task<bool> SkipAsync(FilePosition position, CancellationToken cancel);

    /// <summary>Adds the next rows to an empty batch until it is full or the following rows arrive too slowly.</summary>
    Task ReadAsync(RowBatch batch, CancellationToken cancel);

    /// <summary>Returns the JSON of a row. It is valid until the next call, but no longer than the batch.</summary>
    Rejection? TryJson(RowBatch batch, in Row row, out ReadOnlySpan<byte> json);

    /// <summary>
    /// The bytes of a row without write keys, for quarantine. The value of a CSV column <c>writeKey</c> is masked; if the columns of the row cannot be told
    /// apart, the result is empty. Write keys in JSON are removed by <see cref="Quarantine"/>.
    /// </summary>
    ReadOnlySpan<byte> WithoutWriteKey(RowBatch batch, in Row row);
}
