using System.IO.Compression;

namespace Cdp.Ingestion.Tests;

/// <summary>Bodies as a sender packs them.</summary>
internal static class Compressed
{
    /// <param name="body">What it inflates to.</param>
    /// <param name="encoding">gzip, deflate, br or zstd, as Content-Encoding has it; what has another name is br, too.</param>
    public static byte[] Of(byte[] body, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new ZstdSharp.CompressionStream(compressed, leaveOpen: true),
            _ => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
        }) stream.Write(body);
        return compressed.ToArray();
    }
}
