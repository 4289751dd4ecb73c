using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A row of a file: a line of NDJSON, a record of CSV, which may span several lines, or a row of Parquet as JSON.</summary>
/// <param name="Line">The line on which the row begins, from 1; for Parquet the number of the row.</param>
/// <param name="Raw">The bytes of the row in its batch, without the line end; only the first <see cref="RowSplitter.MaxRow"/> of a longer row.</param>
/// <param name="Size">The size of the complete row in bytes.</param>
/// <param name="Unclosed">Whether the file ends inside a quoted field of the row.</param>
public readonly record struct Row(long Line, Slice Raw, long Size, bool Unclosed)
{
    public bool IsCut => Raw.Length < Size;

    /// <summary>The position after the row; <c>default</c> if the reader does not determine it.</summary>
    public FilePosition End { get; init; }
}
