using System.Buffers.Binary;

namespace Cdp.LocalKafka.Log.Batches;

/// <summary>
/// Rewrites a batch with fewer records or another codec. The base offset, last offset, leader epoch and all producer fields are unchanged, so the
/// batch covers the same offsets and sequences. The checksum is recomputed.
/// </summary>
internal static class BatchRewrite
{
    private const long NoTimestamp = -1;

    /// <param name="header">The header of the original batch.</param>
    /// <param name="batch">The original batch.</param>
    /// <param name="records">At least one record of the original batch, in order.</param>
    /// <param name="codec">The codec of the new batch.</param>
    /// <param name="deleteHorizon">
    /// When the tombstones or the marker of the batch may be removed, in Unix milliseconds. It is stored in the base timestamp (KIP-534). Null if the
    /// batch has no such time.
    /// </param>
    /// <param name="level">The compression level, see <see cref="Compression.Compress"/>.</param>
    public static byte[] With(
        in BatchHeader header, ReadOnlySpan<byte> batch, IReadOnlyList<BatchRecord> records, Codec codec, long? deleteHorizon, int? level = null)
    {
        var baseTimestamp = deleteHorizon ?? records[0].Timestamp;
        var payload = new byte[records.Sum(record => record.Size(baseTimestamp))];
        var at = payload.AsSpan();
        foreach (var record in records) record.Write(ref at, baseTimestamp);
        var maxTimestamp = records.Max(record => record.Timestamp);
        return Batch(header, batch, new Changes(codec, deleteHorizon is not null, baseTimestamp, maxTimestamp, records.Count, level), payload);
    }

    /// <summary>The batch without records, kept for the offsets and sequences it covers. Its maximum timestamp is unchanged.</summary>
    public static byte[] Empty(in BatchHeader header, ReadOnlySpan<byte> batch) =>
        Batch(header, batch, new Changes(Codec.None, HasHorizon: false, NoTimestamp, header.MaxTimestamp, Count: 0), []);

    private static byte[] Batch(in BatchHeader header, ReadOnlySpan<byte> batch, Changes changes, ReadOnlySpan<byte> payload)
    {
        var records = Compression.Compress(changes.Codec, payload, changes.Level);
        var rewritten = new byte[BatchHeader.Size + records.Length];
        batch[..BatchHeader.Size].CopyTo(rewritten);
        records.CopyTo(rewritten, BatchHeader.Size);
        var head = rewritten.AsSpan();
        BinaryPrimitives.WriteInt32BigEndian(head[8..], rewritten.Length - BatchHeader.LengthPrefix);
        BinaryPrimitives.WriteInt16BigEndian(head[BatchHeader.AttributesAt..], header.AttributesWith(changes.Codec, changes.HasHorizon));
        BinaryPrimitives.WriteInt64BigEndian(head[27..], changes.BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(head[35..], changes.MaxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(head[57..], changes.Count);
        BinaryPrimitives.WriteUInt32BigEndian(head[BatchHeader.CrcAt..], Crc32C.Of(head[BatchHeader.AttributesAt..]));
        return rewritten;
    }

    private readonly record struct Changes(Codec Codec, bool HasHorizon, long BaseTimestamp, long MaxTimestamp, int Count, int? Level = null);
}
