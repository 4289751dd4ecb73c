using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>
/// The fixed 61-byte head of a record batch v2 (Kafka's message format, KIP-98). The checksum covers everything from the
/// attributes on, so the broker may set the base offset and the leader epoch without touching what the producer signed.
/// </summary>
internal readonly record struct BatchHeader
{
    public const int Size = 61;

    /// <summary>Base offset and batch length: what is outside the counted length.</summary>
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

    /// <summary>Bytes of the whole batch, this head included.</summary>
    public required int Bytes { get; init; }
    public required sbyte Magic { get; init; }
    public required uint Crc { get; init; }
    public required short Attributes { get; init; }
    public required int LastOffsetDelta { get; init; }

    /// <summary>What the records' timestamps are counted from, in milliseconds since the epoch, as are all timestamps of the log.</summary>
    public required long BaseTimestamp { get; init; }
    public required long MaxTimestamp { get; init; }

    /// <summary>-1 when the producer is neither idempotent nor transactional.</summary>
    public required long ProducerId { get; init; }
    public required short ProducerEpoch { get; init; }

    /// <summary>-1 in batches that carry no sequence: control batches and those the coordinators write.</summary>
    public required int BaseSequence { get; init; }
    public required int Count { get; init; }

    public long LastOffset => BaseOffset + LastOffsetDelta;
    public bool HasProducer => ProducerId >= 0;
    public bool IsCompressed => (Attributes & CodecMask) != 0;
    public Codec Codec => (Codec)(Attributes & CodecMask);
    public bool IsLogAppendTime => (Attributes & LogAppendTimeFlag) != 0;
    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;
    public bool IsControl => (Attributes & ControlFlag) != 0;

    /// <summary>When the cleaner may remove the tombstones or the marker in the batch, once it has said so in the base timestamp (KIP-534).</summary>
    public long? DeleteHorizon => (Attributes & DeleteHorizonFlag) != 0 ? BaseTimestamp : null;
    public int LastSequence => BaseSequence < 0 ? -1 : Sequence.Add(BaseSequence, LastOffsetDelta);

    public static short AttributesOf(bool transactional, bool control) =>
        (short)((transactional ? TransactionalFlag : 0) | (control ? ControlFlag : 0));

    public short AttributesWith(Codec codec, bool deleteHorizon) =>
        (short)((Attributes & ~(CodecMask | DeleteHorizonFlag)) | (int)codec | (deleteHorizon ? DeleteHorizonFlag : 0));

    /// <summary>False when <paramref name="bytes"/> is too short for a head or the head's own length is impossible.</summary>
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

    /// <summary>Marks <paramref name="batch"/> as stamped by the broker at <paramref name="now"/> and signs it anew.</summary>
    public BatchHeader Restamp(Span<byte> batch, long now)
    {
        var attributes = (short)(Attributes | LogAppendTimeFlag);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[35..], now);
        var crc = Crc32C.Of(batch[AttributesAt..]);
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], crc);
        return this with { Attributes = attributes, MaxTimestamp = now, Crc = crc };
    }

    /// <summary>Whether the checksum agrees; <paramref name="batch"/> is exactly the whole batch.</summary>
    public bool ChecksumHolds(ReadOnlySpan<byte> batch) => Crc32C.Of(batch[AttributesAt..]) == Crc;
}

/// <summary>Producer sequence numbers: they run through the non-negative ints and start over at 0.</summary>
internal static class Sequence
{
    public static int Add(int sequence, int increment) =>
        sequence > int.MaxValue - increment ? increment - (int.MaxValue - sequence) - 1 : sequence + increment;

    public static bool Follows(int last, int next) => next == (last == int.MaxValue ? 0 : last + 1);
}
