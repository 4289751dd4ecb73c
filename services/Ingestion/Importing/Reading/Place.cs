namespace Cdp.Ingestion.Importing.Reading;

/// <summary>How far a file has been read, and what it held up to there.</summary>
/// <param name="Lines">Its lines so far; of Parquet its rows.</param>
/// <param name="Position">Its bytes so far, inflated, each line with its end, the last one too if the file leaves it out; of Parquet its rows.</param>
/// <param name="Hash">SHA-256 of those bytes; of Parquet of the whole file, whose rows cannot be had without its end.</param>
public readonly record struct Place(long Lines, long Position, ReadOnlyMemory<byte> Hash)
{
    public bool IsSameAs(Place other) => Lines == other.Lines && Position == other.Position && Hash.Span.SequenceEqual(other.Hash.Span);
}
