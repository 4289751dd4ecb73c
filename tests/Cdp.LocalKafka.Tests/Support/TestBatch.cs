using System.Buffers.Binary;
using System.Text;
using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Tests.Support;

internal readonly record struct TestRecord(string? Key, string? Value, long Timestamp);

/// <summary>Batches with freely chosen timestamps, tombstones, headers and codecs.</summary>
internal static class TestBatch
{
    public static byte[] Of(
        Codec codec, long baseOffset, IReadOnlyList<TestRecord> records, long producer = -1, short epoch = 0, int sequence = -1, bool transactional = false)
    {
        // BatchBuilder supports neither codecs, headers nor timestamps of single records; BatchRewrite adds them.
        var plain = BatchBuilder.Records(
            [.. records.Select(r => (Bytes(r.Key), Bytes(r.Value)))], baseOffset, records[0].Timestamp, producer, producer < 0 ? (short)-1 : epoch,
            transactional);
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(53), sequence);
        BatchHeader.TryRead(plain, out var header);
        var timed = BatchRecords.Read(header, plain).Zip(records, (read, record) => read with { Timestamp = record.Timestamp, Tail = WithHeader(read.Tail) });
        return BatchRewrite.With(header, plain, [.. timed], codec, deleteHorizon: null);
    }

    public static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    public static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes.Value.Span);

    // One header, "h" without a value.
    private static byte[] WithHeader(ReadOnlyMemory<byte> tail) => [.. tail.Span[..^1], 2, 2, (byte)'h', 1];
}
