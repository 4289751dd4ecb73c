using System.IO.Compression;
using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Streams;
using ZstdSharp;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// The codecs of record batches v2, in the framings that Kafka's clients write and read: gzip members (RFC 1952), xerial's snappy
/// stream or one raw snappy block, an LZ4 frame of independent blocks, zstd frames (KIP-110).
/// </summary>
internal static class Compression
{
    /// <summary>More than any batch that a client sends in earnest; a batch that unpacks to more is taken for a bomb.</summary>
    public const int MaxRecordsBytes = 128 << 20;

    private const int KafkasLz4Default = 9;
    private const int ChunkBytes = 64 * 1024;

    /// <param name="level">The codec's own (KIP-390); null for its default. Snappy has none.</param>
    public static byte[] Compress(Codec codec, ReadOnlySpan<byte> records, int? level = null)
    {
        if (codec == Codec.None) return records.ToArray();
        if (codec == Codec.Snappy) return XerialSnappy.Compress(records);
        using var compressed = new MemoryStream();
        using (var stream = Compressing(codec, compressed, level)) stream.Write(records);
        return compressed.ToArray();
    }

    /// <summary>The records as they were before <see cref="Compress"/>, in memory of their own.</summary>
    /// <exception cref="InvalidDataException">The codec is none of ours, the bytes are not in its format, or they unpack to more than <paramref name="limit"/>.</exception>
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
            // Each codec's library has exceptions of its own for bytes that are not in its format.
            throw new InvalidDataException($"the records are not in the format of {codec}: {e.Message}", e);
        }
    }

    private static Stream Compressing(Codec codec, Stream to, int? level) => codec switch
    {
        Codec.Gzip => new GZipStream(to, new ZLibCompressionOptions { CompressionLevel = level ?? -1 }, leaveOpen: true),
        // Java's Lz4BlockInputStream refuses frames whose blocks depend on each other.
        Codec.Lz4 => LZ4Stream.Encode(to, new LZ4EncoderSettings { ChainBlocks = false, BlockSize = ChunkBytes, CompressionLevel = Lz4LevelOf(level) }, leaveOpen: true),
        Codec.Zstd => new CompressionStream(to, level ?? Compressor.DefaultCompressionLevel, leaveOpen: true),
        _ => throw Unknown(codec),
    };

    // In Kafka 9, the default, stands for the fast compressor and every other level for the thorough one; lz4-java has five more of those.
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

    // Version 1, independent blocks, no dictionary: all that Kafka's Lz4BlockInputStream takes.
    private static void CheckLz4Frame(ReadOnlySpan<byte> compressed)
    {
        if (compressed.Length < 7 || (compressed[4] & 0b1110_0011) != 0b0110_0000) throw new InvalidDataException("an LZ4 frame that Kafka does not take");
    }

    public static InvalidDataException TooLarge(int limit) => new($"the records of a batch unpack to more than {limit} bytes");

    private static InvalidDataException Unknown(Codec codec) => new($"there is no codec {(int)codec}");
}
