namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>A range of bytes of a request. An empty slice means that the sender left the member out.</summary>
public readonly record struct Slice(int Start, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body) => body.Slice(Start, Length);
}
