using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>
/// What a log does not have to read again when it is reopened: everything recorded in its batches up to a position, and the log's start offset,
/// which the batches do not contain.
/// </summary>
/// <param name="StartOffset">The first offset that can be read.</param>
/// <param name="FirstDirty">Where the next cleaning of a compacted log starts. Null before the first cleaning.</param>
/// <param name="Segment">
/// The base offset of the segment that contains the position. Earlier segments are full. With <see cref="Nowhere"/> the whole log has to be read.
/// </param>
/// <param name="Extent">The position within that segment.</param>
/// <param name="Producers">The state of the producers at the position, including their open transactions.</param>
/// <param name="Aborted">The aborted transactions in the order of their markers.</param>
internal sealed record LogCheckpoint(
    long StartOffset,
    long? FirstDirty,
    long Segment,
    SegmentExtent Extent,
    IReadOnlyList<ProducerSnapshot> Producers,
    IReadOnlyList<AbortedTransaction> Aborted)
{
    /// <summary>A value of <see cref="Segment"/> that no log has. Only the start offset and first dirty offset of such a checkpoint are valid.</summary>
    public const long Nowhere = -1;

    private const int Version = 2;
    private const int HeadSize = 8; // version and CRC-32C of the rest, big-endian like the log

    public byte[] Encode()
    {
        using var stream = new MemoryStream();
        stream.SetLength(stream.Position = HeadSize);
        using var writer = new BinaryWriter(stream);
        foreach (var field in (long[])
            [StartOffset, FirstDirty ?? -1, Segment, Extent.Length, Extent.NextOffset, Extent.MaxTimestamp, Extent.MaxTimestampOffset])
            writer.Write(field);
        writer.Write(Producers.Count);
        foreach (var producer in Producers)
        {
            writer.Write(producer.ProducerId);
            writer.Write(producer.Epoch);
            writer.Write(producer.CoordinatorEpoch);
            writer.Write(producer.LastTimestamp);
            writer.Write(producer.TransactionStart ?? -1);
            writer.Write(producer.LastDataOffset ?? -1);
            writer.Write(producer.Batches.Count);
            foreach (var batch in producer.Batches)
            {
                writer.Write(batch.FirstSequence);
                writer.Write(batch.LastSequence);
                writer.Write(batch.BaseOffset);
                writer.Write(batch.Timestamp);
            }
        }
        writer.Write(Aborted.Count);
        foreach (var aborted in Aborted)
            foreach (var field in (long[])[aborted.ProducerId, aborted.FirstOffset, aborted.LastOffset, aborted.StableOffset]) writer.Write(field);
        writer.Flush();

        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, Version);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), Crc32C.Of(bytes.AsSpan(HeadSize)));
        return bytes;
    }

    /// <summary>Reverses <see cref="Encode"/>. Returns null if the bytes are damaged or of another version; the log is then read in full.</summary>
    public static LogCheckpoint? Decode(byte[] bytes)
    {
        if (bytes.Length < HeadSize || BinaryPrimitives.ReadInt32BigEndian(bytes) != Version) return null;
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(4)) != Crc32C.Of(bytes.AsSpan(HeadSize))) return null;
        using var reader = new BinaryReader(new MemoryStream(bytes, HeadSize, bytes.Length - HeadSize));
        return new LogCheckpoint(
            reader.ReadInt64(),
            Offset(reader),
            reader.ReadInt64(),
            new SegmentExtent(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()),
            List(reader, Producer),
            List(reader, r => new AbortedTransaction(r.ReadInt64(), r.ReadInt64(), r.ReadInt64(), r.ReadInt64())));
    }

    private static ProducerSnapshot Producer(BinaryReader reader)
    {
        return new ProducerSnapshot(
            reader.ReadInt64(), reader.ReadInt16(), reader.ReadInt32(), reader.ReadInt64(), Offset(reader), Offset(reader),
            List(reader, r => new StoredBatch(r.ReadInt32(), r.ReadInt32(), r.ReadInt64(), r.ReadInt64())));
    }

    private static long? Offset(BinaryReader reader) => reader.ReadInt64() is >= 0 and var offset ? offset : null;

    private static List<T> List<T>(BinaryReader reader, Func<BinaryReader, T> item)
    {
        var list = new List<T>();
        for (var left = reader.ReadInt32(); left > 0; left--) list.Add(item(reader));
        return list;
    }
}
