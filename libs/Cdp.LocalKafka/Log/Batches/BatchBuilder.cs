using System.Buffers.Binary;

namespace Cdp.LocalKafka.Log.Batches;

/// <summary>Builds the broker's own record batches: coordinator records and transaction markers. Uncompressed and without sequence numbers.</summary>
internal static class BatchBuilder
{
    /// <summary>Control record types of KIP-98: the second short of a control record's key.</summary>
    public const short AbortMarker = 0;
    public const short CommitMarker = 1;

    public static byte[] Records(
        IReadOnlyList<(byte[]? Key, byte[]? Value)> records,
        long baseOffset,
        long timestamp,
        long producerId,
        short producerEpoch,
        bool transactional) =>
        Build(records, baseOffset, timestamp, producerId, producerEpoch, BatchHeader.AttributesOf(transactional, control: false));

    public static byte[] Marker(bool commit, int coordinatorEpoch, long baseOffset, long timestamp, long producerId, short producerEpoch)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), commit ? CommitMarker : AbortMarker);
        var value = new byte[6];
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(2), coordinatorEpoch);
        return Build([(key, value)], baseOffset, timestamp, producerId, producerEpoch, BatchHeader.AttributesOf(transactional: true, control: true));
    }

    private static byte[] Build(
        IReadOnlyList<(byte[]? Key, byte[]? Value)> records, long baseOffset, long timestamp, long producerId, short producerEpoch, short attributes)
    {
        var size = BatchHeader.Size;
        for (var i = 0; i < records.Count; i++)
        {
            var body = BodySize(i, records[i]);
            size += Varint.Size(body) + body;
        }

        var batch = new byte[size];
        var at = batch.AsSpan(BatchHeader.Size);
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            Varint.Write(ref at, BodySize(i, record));
            at[0] = 0; // record attributes: none are defined
            at = at[1..];
            Varint.Write(ref at, 0); // timestamp delta
            Varint.Write(ref at, i);
            WriteBytes(ref at, record.Key);
            WriteBytes(ref at, record.Value);
            Varint.Write(ref at, 0); // headers
        }

        var head = batch.AsSpan();
        BinaryPrimitives.WriteInt64BigEndian(head, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(head[8..], size - BatchHeader.LengthPrefix);
        head[BatchHeader.MagicAt] = 2;
        BinaryPrimitives.WriteInt16BigEndian(head[BatchHeader.AttributesAt..], attributes);
        BinaryPrimitives.WriteInt32BigEndian(head[23..], records.Count - 1);
        BinaryPrimitives.WriteInt64BigEndian(head[27..], timestamp);
        BinaryPrimitives.WriteInt64BigEndian(head[35..], timestamp);
        BinaryPrimitives.WriteInt64BigEndian(head[43..], producerId);
        BinaryPrimitives.WriteInt16BigEndian(head[51..], producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(head[53..], -1);
        BinaryPrimitives.WriteInt32BigEndian(head[57..], records.Count);
        BinaryPrimitives.WriteUInt32BigEndian(head[BatchHeader.CrcAt..], Crc32C.Of(head[BatchHeader.AttributesAt..]));
        return batch;
    }

    private static int BodySize(int index, (byte[]? Key, byte[]? Value) record) =>
        1 + Varint.Size(0) + Varint.Size(index) + BytesSize(record.Key) + BytesSize(record.Value) + Varint.Size(0);

    private static int BytesSize(byte[]? bytes) => bytes is null ? Varint.Size(-1) : Varint.Size(bytes.Length) + bytes.Length;

    private static void WriteBytes(ref Span<byte> at, byte[]? bytes)
    {
        Varint.Write(ref at, bytes?.Length ?? -1);
        if (bytes is null) return;
        bytes.CopyTo(at);
        at = at[bytes.Length..];
    }
}
