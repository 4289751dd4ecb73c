using System.Buffers.Binary;
using Snappier;

namespace Cdp.LocalKafka.Log.Batches;

/// <summary>
/// Snappy as Kafka clients use it. The Java client and the broker write the stream format of snappy-java: a 16-byte header, then length-prefixed
/// blocks. librdkafka writes one raw block. Like snappy-java's reader, this one treats data without a header as a raw block.
/// </summary>
internal static class XerialSnappy
{
    private const int HeadBytes = 16;
    private const int BlockBytes = 32 * 1024;

    // 0x82 "SNAPPY" 0x00, version 1, minimum compatible version 1.
    private static ReadOnlySpan<byte> Head => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
    private static ReadOnlySpan<byte> Magic => Head[..8];

    public static byte[] Compress(ReadOnlySpan<byte> records)
    {
        using var stream = new MemoryStream();
        stream.Write(Head);
        Span<byte> length = stackalloc byte[4];
        for (; records.Length > 0; records = records[Math.Min(BlockBytes, records.Length)..])
        {
            var block = Snappy.CompressToArray(records[..Math.Min(BlockBytes, records.Length)]);
            BinaryPrimitives.WriteInt32BigEndian(length, block.Length);
            stream.Write(length);
            stream.Write(block);
        }
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">A block is truncated, or the blocks decompress to more than <paramref name="limit"/> bytes.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> compressed, int limit)
    {
        if (!compressed.StartsWith(Magic)) return Block(compressed, limit);
        using var records = new MemoryStream();
        while (compressed.Length > 0)
        {
            // Concatenated streams keep their headers.
            if (compressed.StartsWith(Magic))
            {
                if (compressed.Length < HeadBytes) throw new InvalidDataException("the snappy stream ends inside its header");
                compressed = compressed[HeadBytes..];
                continue;
            }
            if (!BinaryPrimitives.TryReadInt32BigEndian(compressed, out var length) || length < 0 || length > compressed.Length - 4)
                throw new InvalidDataException("the snappy stream ends inside a block");
            records.Write(Block(compressed.Slice(4, length), limit - (int)records.Length));
            compressed = compressed[(4 + length)..];
        }
        return records.ToArray();
    }

    // A block states its decompressed length first, so the limit is checked before memory is allocated.
    private static byte[] Block(ReadOnlySpan<byte> block, int limit)
    {
        if (block.IsEmpty) return [];
        var length = Snappy.GetUncompressedLength(block);
        if (length < 0 || length > limit) throw Compression.TooLarge(limit);
        return Snappy.DecompressToArray(block);
    }
}
