using System.Text;
using Cdp.LocalKafka.Log.Batches;
using CsCheck;
using Snappier;

namespace Cdp.LocalKafka.Tests.Log.Batches;

public sealed class CompressionTests
{
    public static TheoryData<int> Codecs => [(int)Codec.None, (int)Codec.Gzip, (int)Codec.Snappy, (int)Codec.Lz4, (int)Codec.Zstd];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Decompress_CompressedRecords_RoundTrips(int codec) => Gen.Select(Gen.Byte[0, 5].Array[0, 3000], Gen.Int[0, 100]).Sample((bytes, times) =>
    {
        byte[] records = [.. Enumerable.Repeat(bytes, times).SelectMany(part => part)];
        return Compression.Decompress((Codec)codec, Compression.Compress((Codec)codec, records), records.Length).AsSpan().SequenceEqual(records);
    }, iter: 100);

    [Theory]
    [InlineData((int)Codec.Gzip, 1, 9)]
    [InlineData((int)Codec.Lz4, 9, 17)]
    [InlineData((int)Codec.Lz4, 1, 17)]
    [InlineData((int)Codec.Zstd, -1000, 22)]
    public void Compress_AtAHigherLevel_IsSmaller(int codec, int low, int high)
    {
        var records = Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 5000).Select(i => $"record {i * 7919 % 1000} of {i % 13}")));
        var (large, small) = (Compression.Compress((Codec)codec, records, low), Compression.Compress((Codec)codec, records, high));
        Assert.True(small.Length < large.Length, $"{small.Length} and {large.Length} bytes");
        Assert.All((byte[][])[large, small], compressed => Assert.Equal(records, Compression.Decompress((Codec)codec, compressed, records.Length)));
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Decompress_MoreThanTheLimit_IsRefused(int codec)
    {
        if ((Codec)codec == Codec.None) return;
        var bomb = Compression.Compress((Codec)codec, new byte[50 << 20]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Compression.Decompress((Codec)codec, bomb, 1 << 20));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Decompress_RandomBytes_IsRefusedOrWithinTheLimit(int codec) => Gen.Byte.Array[1, 200].Sample(bytes =>
    {
        try
        {
            return Compression.Decompress((Codec)codec, bytes, 10_000).Length <= 10_000;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }, iter: 1000);

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Decompress_DamagedAnywhere_IsRefusedOrWithinTheLimit(int codec)
    {
        var compressed = Compression.Compress((Codec)codec, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500))));
        Gen.Select(Gen.Int[0, compressed.Length - 1], Gen.Byte, Gen.Int[0, compressed.Length]).Sample((at, value, length) =>
        {
            var damaged = compressed.ToArray();
            damaged[at] = value;
            try
            {
                return Compression.Decompress((Codec)codec, damaged.AsSpan(0, length), 10_000).Length <= 10_000;
            }
            catch (InvalidDataException)
            {
                return true;
            }
        }, iter: 1000);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    public void Decompress_UnknownCodec_IsRefused(int codec) => Assert.Throws<InvalidDataException>(() => Compression.Decompress((Codec)codec, [1, 2, 3], 100));

    [Fact]
    public void Decompress_RawSnappyBlock_IsRead() => Assert.Equal("librdkafka writes these"u8.ToArray(),
        Compression.Decompress(Codec.Snappy, Snappy.CompressToArray("librdkafka writes these"u8), 100));

    [Fact]
    public void Decompress_ConcatenatedSnappyStreams_ReturnsBoth()
    {
        byte[] both = [.. Compression.Compress(Codec.Snappy, "one "u8), .. Compression.Compress(Codec.Snappy, "two"u8)];
        Assert.Equal("one two"u8.ToArray(), Compression.Decompress(Codec.Snappy, both, 100));
    }

    [Fact]
    public void Decompress_Lz4FrameWithDependentBlocks_IsRefusedAsInKafka()
    {
        var frame = Compression.Compress(Codec.Lz4, new byte[100]);
        frame[4] &= 0b1101_1111;
        Assert.Throws<InvalidDataException>(() => Compression.Decompress(Codec.Lz4, frame, 100));
    }

    // Written by the record encoders of kafka-python 2.0.2 and kafkajs 2.2.4: k0, k1 (a tombstone) and k2 at 1000, 1001 and 1002, with one header each.
    [Theory]
    [InlineData(
        "AAAAAAAAAAAAAABxAAAAAAKaBqJaAAEAAAACAAAAAAAAA+gAAAAAAAAD6v//////////////////AAAAAx+LCAD+cARrAv/rYmJgYGDJNvjAWJaYU5qqQH+S" +
        "iSmDqUKCgYmJJduQEczpYmJgYWHJNhpgNwEAsSNhphsBAAA=")]
    [InlineData(
        "AAAAAAAAAAAAAABxAAAAAAJlQtp1AAEAAAACAAAAAAAAA+gAAAAAAAAD6v//////////////////AAAAAx+LCAAAAAAAAAPrYmJgYGDJNvjAWJaYU5qqQH+S" +
        "iSmDqUKCgYmJJduQEczpYmJgYWHJNhpgNwEAsSNhphsBAAA=")]
    public void Read_GzipBatchOfAnotherClient_ReturnsItsRecords(string base64)
    {
        var batch = Convert.FromBase64String(base64);
        Assert.True(BatchHeader.TryRead(batch, out var header) && header.ChecksumHolds(batch));
        Assert.Equal(Codec.Gzip, header.Codec);
        var records = BatchRecords.Read(header, batch);
        Assert.Equal([(0, 1000), (1, 1001), (2, 1002)], records.Select(record => (record.Offset, record.Timestamp)));
        Assert.Equal(["k0", "k1", "k2"], records.Select(record => Encoding.UTF8.GetString(record.Key!.Value.Span)));
        Assert.Equal([false, true, false], records.Select(record => record.IsTombstone));
    }
}
