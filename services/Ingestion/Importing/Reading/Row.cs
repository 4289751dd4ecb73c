using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A row of a file: a line of NDJSON, a record of CSV, which may be several lines, or a row of Parquet as JSON.</summary>
/// <param name="Line">The line it begins on, from 1; of Parquet the row's number.</param>
/// <param name="Raw">Its bytes in the batch, without the end of the line; of a row that is longer than <see cref="RowSplitter.MaxRow"/> the beginning.</param>
/// <param name="Size">How many bytes it has in the file.</param>
/// <param name="Unclosed">The file ends inside its quotes.</param>
public readonly record struct Row(long Line, Slice Raw, long Size, bool Unclosed)
{
    public bool IsCut => Raw.Length < Size;
}
