namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A position in a file, with a hash of the content before it.</summary>
/// <param name="Lines">The number of lines before the position; for Parquet the number of rows.</param>
/// <param name="Bytes">
/// The number of decompressed bytes before the position. Every line counts with its line feed, even if the last line of the file has none. For Parquet the
/// number of rows.
/// </param>
/// <param name="Hash">The SHA-256 of those bytes; for Parquet that of the whole file, because it can be read only as a whole.</param>
public readonly record struct FilePosition(long Lines, long Bytes, ReadOnlyMemory<byte> Hash)
{
    public bool IsSameAs(FilePosition other) => Lines == other.Lines && Bytes == other.Bytes && Hash.Span.SequenceEqual(other.Hash.Span);
}
