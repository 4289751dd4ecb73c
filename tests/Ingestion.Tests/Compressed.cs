using System.IO.Compression;

namespace Cdp.Ingestion.Tests;

/// <summary>Compresses bodies as a sender does.</summary>
internal static class Compressed
{
    /// <param name="body">The bytes to compress.</param>
    /// <param name="encoding">gzip, deflate, br or zstd, as named in Content-Encoding.</param>
    public static byte[] Of(byte[] body, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new ZstdSharp.CompressionStream(compressed, leaveOpen: true),
            _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not an encoding that the service supports"),
        }) stream.Write(body);
        return compressed.ToArray();
    }
}
