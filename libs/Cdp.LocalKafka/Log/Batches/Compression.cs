using System.IO.Compression;
using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Streams;
using ZstdSharp;

namespace Cdp.LocalKafka.Log.Batches;

/// <summary>
/// The codecs of record batches v2, in the framings that Kafka clients use: gzip members (RFC 1952), xerial's snappy stream or one raw snappy
/// block, an LZ4 frame of independent blocks, zstd frames (KIP-110).
/// </summary>
internal static class Compression
{
    /// <summary>
    /// The largest decompressed size of a batch, in bytes. It is more than real clients send; a batch that exceeds it is treated as a decompression bomb.
    /// </summary>
    public const int MaxRecordsBytes = 128 << 20;

    private const int KafkasLz4Default = 9;
    private const int ChunkBytes = 64 * 1024;

    /// <param name="codec">The codec.</param>
    /// <param name="records">The encoded records.</param>
    /// <param name="level">The codec's own level (KIP-390). Null for its default. Snappy has no levels.</param>
    public static byte[] Compress(Codec codec, ReadOnlySpan<byte> records, int? level = null)
    {
        if (codec == Codec.None) return records.ToArray();
        if (codec == Codec.Snappy) return XerialSnappy.Compress(records);
        using var compressed = new MemoryStream();
        using (var stream = Compressing(codec, compressed, level)) stream.Write(records);
        return compressed.ToArray();
    }

    /// <summary>Reverses <see cref="Compress"/>. The returned records are a copy.</summary>
    /// <exception cref="InvalidDataException">
    /// The codec is unknown, the bytes are not in its format, or they decompress to more than <paramref name="limit"/> bytes.
    /// </exception>
    public static byte[] Decompress(Codec codec, ReadOnlySpan<byte> compressed, int limit)
    {
        if (codec == Codec.None) return compressed.ToArray();
        try
        {
            if (codec == Codec.Snappy) return XerialSnappy.Decompress(compressed, limit);
            if (codec == Codec.Lz4) CheckLz4Frame(compressed);
            using var stream = Decompressing(codec, new MemoryStream(compressed.ToArray()));
            return ReadAll(stream, limit);
        }
        catch (Exception e) when (e is not InvalidDataException and not OutOfMemoryException)
        {
            // Each codec library throws its own exceptions for malformed data.
            throw new InvalidDataException($"the records are not valid {codec} data: {e.Message}", e);
        }
    }

    private static Stream Compressing(Codec codec, Stream to, int? level) => codec switch
    {
        Codec.Gzip => new GZipStream(to, new ZLibCompressionOptions { CompressionLevel = level ?? -1 }, leaveOpen: true),
        // Java's Lz4BlockInputStream refuses frames with dependent blocks.
        Codec.Lz4 => LZ4Stream.Encode(
            to, new LZ4EncoderSettings { ChainBlocks = false, BlockSize = ChunkBytes, CompressionLevel = Lz4LevelOf(level) }, leaveOpen: true),
        Codec.Zstd => new CompressionStream(to, level ?? Compressor.DefaultCompressionLevel, leaveOpen: true),
        _ => throw Unknown(codec),
    };

    // In Kafka the default level 9 selects the fast compressor, and every other level selects the high-compression one, for which lz4-java has more levels.
    private static LZ4Level Lz4LevelOf(int? level) =>
        level is null or KafkasLz4Default ? LZ4Level.L00_FAST : (LZ4Level)Math.Clamp(level.Value, (int)LZ4Level.L03_HC, (int)LZ4Level.L12_MAX);

    private static Stream Decompressing(Codec codec, Stream from) => codec switch
    {
        Codec.Gzip => new GZipStream(from, CompressionMode.Decompress),
        Codec.Lz4 => LZ4Stream.Decode(from),
        Codec.Zstd => new DecompressionStream(from, leaveOpen: false),
        _ => throw Unknown(codec),
    };

    private static byte[] ReadAll(Stream stream, int limit)
    {
        using var records = new MemoryStream();
        var chunk = new byte[ChunkBytes];
        while (stream.Read(chunk) is > 0 and var read)
        {
            if (records.Length + read > limit) throw TooLarge(limit);
            records.Write(chunk, 0, read);
        }
        return records.ToArray();
    }

    // Kafka's Lz4BlockInputStream accepts only version 1, independent blocks, and no dictionary.
    private static void CheckLz4Frame(ReadOnlySpan<byte> compressed)
    {
        if (compressed.Length < 7 || (compressed[4] & 0b1110_0011) != 0b0110_0000)
            throw new InvalidDataException("the LZ4 frame has a version, dependent blocks or a dictionary that Kafka does not accept");
    }

    public static InvalidDataException TooLarge(int limit) => new($"the records of the batch decompress to more than {limit} bytes");

    private static InvalidDataException Unknown(Codec codec) => new($"unknown codec {(int)codec}");
}
