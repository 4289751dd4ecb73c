using System.Buffers.Binary;

namespace Cdp.LocalKafka.Log.Batches;

/// <summary>
/// The fixed 61-byte header of a record batch v2 (Kafka's message format, KIP-98). The checksum covers everything after the CRC field, so the
/// broker can set the base offset and the leader epoch without recomputing it.
/// </summary>
internal readonly record struct BatchHeader
{
    public const int Size = 61;

    /// <summary>The size of the base offset and the length field, which the length field does not count.</summary>
    public const int LengthPrefix = 12;
    public const int MagicAt = 16;
    public const int CrcAt = 17;
    public const int AttributesAt = 21;

    private const short CodecMask = 0x07;
    private const short LogAppendTimeFlag = 0x08;
    private const short TransactionalFlag = 0x10;
    private const short ControlFlag = 0x20;
    private const short DeleteHorizonFlag = 0x40;

    public required long BaseOffset { get; init; }

    /// <summary>The size of the whole batch in bytes, including this header.</summary>
    public required int Bytes { get; init; }
    public required sbyte Magic { get; init; }
    public required uint Crc { get; init; }
    public required short Attributes { get; init; }
    public required int LastOffsetDelta { get; init; }

    /// <summary>The timestamp that record timestamps are relative to. Like all timestamps of the log it is in Unix milliseconds.</summary>
    public required long BaseTimestamp { get; init; }
    public required long MaxTimestamp { get; init; }

    /// <summary>-1 if the producer is neither idempotent nor transactional.</summary>
    public required long ProducerId { get; init; }
    public required short ProducerEpoch { get; init; }

    /// <summary>-1 in batches without sequence numbers: control batches and those written by the coordinators.</summary>
    public required int BaseSequence { get; init; }
    public required int Count { get; init; }

    public long LastOffset => BaseOffset + LastOffsetDelta;
    public bool HasProducer => ProducerId >= 0;
    public bool IsCompressed => (Attributes & CodecMask) != 0;
    public Codec Codec => (Codec)(Attributes & CodecMask);
    public bool IsLogAppendTime => (Attributes & LogAppendTimeFlag) != 0;
    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;
    public bool IsControl => (Attributes & ControlFlag) != 0;

    /// <summary>
    /// When the cleaner may remove the tombstones or the marker of this batch. An earlier cleaning stores this time in the base timestamp (KIP-534).
    /// </summary>
    public long? DeleteHorizon => (Attributes & DeleteHorizonFlag) != 0 ? BaseTimestamp : null;
    public int LastSequence => BaseSequence < 0 ? -1 : Sequence.Add(BaseSequence, LastOffsetDelta);

    public static short AttributesOf(bool transactional, bool control) =>
        (short)((transactional ? TransactionalFlag : 0) | (control ? ControlFlag : 0));

    public short AttributesWith(Codec codec, bool deleteHorizon) =>
        (short)((Attributes & ~(CodecMask | DeleteHorizonFlag)) | (int)codec | (deleteHorizon ? DeleteHorizonFlag : 0));

    /// <summary>Returns false if <paramref name="bytes"/> is too short for a header or the header's length field is impossible.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BatchHeader header)
    {
        header = default;
        if (bytes.Length < Size) return false;
        var counted = BinaryPrimitives.ReadInt32BigEndian(bytes[8..]);
        if (counted < Size - LengthPrefix || counted > int.MaxValue - LengthPrefix) return false;
        header = new BatchHeader
        {
            BaseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes),
            Bytes = counted + LengthPrefix,
            Magic = (sbyte)bytes[MagicAt],
            Crc = BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcAt..]),
            Attributes = BinaryPrimitives.ReadInt16BigEndian(bytes[AttributesAt..]),
            LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(bytes[23..]),
            BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[27..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[35..]),
            ProducerId = BinaryPrimitives.ReadInt64BigEndian(bytes[43..]),
            ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(bytes[51..]),
            BaseSequence = BinaryPrimitives.ReadInt32BigEndian(bytes[53..]),
            Count = BinaryPrimitives.ReadInt32BigEndian(bytes[57..]),
        };
        return true;
    }

    /// <summary>Sets the timestamp of <paramref name="batch"/> to the append time <paramref name="now"/> and recomputes the checksum.</summary>
    public BatchHeader Restamp(Span<byte> batch, long now)
    {
        var attributes = (short)(Attributes | LogAppendTimeFlag);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[35..], now);
        var crc = Crc32C.Of(batch[AttributesAt..]);
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], crc);
        return this with { Attributes = attributes, MaxTimestamp = now, Crc = crc };
    }

    /// <summary>Whether the checksum is correct. <paramref name="batch"/> must be exactly the whole batch.</summary>
    public bool ChecksumHolds(ReadOnlySpan<byte> batch) => Crc32C.Of(batch[AttributesAt..]) == Crc;
}

/// <summary>Producer sequence numbers. They count through the non-negative ints and wrap around to 0.</summary>
internal static class Sequence
{
    public static int Add(int sequence, int increment) =>
        sequence > int.MaxValue - increment ? increment - (int.MaxValue - sequence) - 1 : sequence + increment;

    public static bool Follows(int last, int next) => next == (last == int.MaxValue ? 0 : last + 1);
}
