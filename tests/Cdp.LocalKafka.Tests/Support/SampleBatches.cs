using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>Batches as producers send them.</summary>
internal static class SampleBatches
{
    public static byte[] Plain(int count = 1, long timestamp = 1000, int valueBytes = 10) =>
        Of(-1, -1, -1, count, timestamp: timestamp, valueBytes: valueBytes);

    public static byte[] Of(long producer, short epoch, int sequence, int count = 1, bool transactional = false, long timestamp = 1000, int valueBytes = 10)
    {
        var records = Enumerable.Range(0, count).Select(i => ((byte[]?)BitConverter.GetBytes(i), (byte[]?)new byte[valueBytes])).ToList();
        var batch = BatchBuilder.Records(records, 0, timestamp, producer, epoch, transactional);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), sequence);
        return WithChecksum(batch);
    }

    public static byte[] WithChecksum(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchHeader.CrcAt), Crc32C.Of(batch.AsSpan(BatchHeader.AttributesAt)));
        return batch;
    }

    // These batches have timestamps of 1970 and markers have today's, which segment.ms would count as more than a week.
    public static LogSettings Settings(int segmentBytes = 1 << 20, TimeProvider? time = null, bool logAppendTime = false) =>
        new(time ?? TimeProvider.System, FlushEveryAppend: false, MaxMessageBytes: 1 << 20, segmentBytes, logAppendTime) { SegmentMs = long.MaxValue };

    public static long MustAppend(this PartitionLog log, byte[] batch)
    {
        var result = log.Append(batch);
        Assert.Equal((ErrorCode.None, null), (result.ErrorCode, result.Message));
        return result.BaseOffset;
    }

    public static byte[] Bytes(this FileSlice slice)
    {
        var bytes = new byte[slice.Length];
        slice.Read(0, bytes);
        return bytes;
    }

    /// <summary>The complete batches in a slice.</summary>
    public static List<BatchHeader> Headers(this FileSlice slice)
    {
        var headers = new List<BatchHeader>();
        var bytes = slice.Bytes();
        for (var at = 0; BatchHeader.TryRead(bytes.AsSpan(at), out var header) && at + header.Bytes <= bytes.Length; at += header.Bytes) headers.Add(header);
        return headers;
    }
}
