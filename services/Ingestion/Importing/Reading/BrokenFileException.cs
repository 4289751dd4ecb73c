using Cdp.Ingestion.Parsing;
using ZstdSharp;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A file cannot be read any further, because its content does not have the declared format.</summary>
public sealed class BrokenFileException(Rejection reason, Exception? inner = null) : Exception(reason.Message, inner)
{
    public Rejection Reason => reason;

    /// <summary>Reads from a body that may be compressed.</summary>
    /// <exception cref="BrokenFileException">The compressed data is invalid or incomplete.</exception>
    public static async ValueTask<int> ReadAsync(Stream body, Memory<byte> chunk, CancellationToken cancel)
    {
        try
        {
            return await body.ReadAsync(chunk, cancel);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or ZstdException or EndOfStreamException)
        {
            throw new BrokenFileException(Rejection.InvalidEncoding, e);
        }
    }
}
