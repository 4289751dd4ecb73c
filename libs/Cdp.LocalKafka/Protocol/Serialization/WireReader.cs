using System.Buffers.Binary;
using System.Text;

namespace Cdp.LocalKafka.Protocol.Serialization;

/// <summary>
/// Reads a message from the bytes of one frame. Every length is checked against the bytes that are left. A structure takes much more memory than its
/// few bytes on the wire, so the number of array items is limited too. The memory for a message is thus on the order of the largest frame.
/// </summary>
internal sealed class WireReader(ReadOnlyMemory<byte> frame, short version, bool flexible) : Wire(version, flexible)
{
    /// <summary>The limit for the number of items in all arrays of one message. It is more partitions than a cluster has.</summary>
    public const int MaxItems = 1_000_000;

    // The same limit as in Kafka, in all versions: old versions and the records of the internal topics cannot hold longer strings, so newer
    // versions must not accept them.
    private const int MaxString = short.MaxValue;

    private int _at;
    private int _items;

    public int Remaining => frame.Length - _at;
    protected override bool Reading => true;

    protected override void OnInt8(ref sbyte value) => value = (sbyte)Take(1)[0];
    protected override void OnInt16(ref short value) => value = BinaryPrimitives.ReadInt16BigEndian(Take(2));
    protected override void OnInt32(ref int value) => value = BinaryPrimitives.ReadInt32BigEndian(Take(4));
    protected override void OnInt64(ref long value) => value = BinaryPrimitives.ReadInt64BigEndian(Take(8));
    protected override void OnBool(ref bool value) => value = Take(1)[0] != 0;
    protected override void OnUuid(ref Guid value) => value = new Guid(Take(16), bigEndian: true);

    protected override void OnString(ref string? value)
    {
        var length = Flexible ? CompactLength() : BinaryPrimitives.ReadInt16BigEndian(Take(2));
        if (length > MaxString) throw new ProtocolException($"a string of {length} bytes; the limit is {MaxString}");
        value = length < 0 ? null : Encoding.UTF8.GetString(Take(length));

        // Invalid UTF-8 bytes decode to characters of three bytes each, so the string can become longer than the limit.
        if (length > MaxString / 3 && Encoding.UTF8.GetByteCount(value!) > MaxString)
            throw new ProtocolException($"a string with invalid UTF-8 that would exceed {MaxString} bytes when written");
    }

    protected override void OnBytes(ref ReadOnlyMemory<byte>? value)
    {
        var length = Flexible ? CompactLength() : BinaryPrimitives.ReadInt32BigEndian(Take(4));
        if (length < 0) { value = null; return; }
        Take(length);
        value = frame.Slice(_at - length, length);
    }

    protected override void OnRecords(ref Records value)
    {
        ReadOnlyMemory<byte>? bytes = null;
        OnBytes(ref bytes);
        value = new Records(bytes, FileSlice.Empty);
    }

    protected override void OnLength(ref int count)
    {
        count = Flexible ? CompactLength() : BinaryPrimitives.ReadInt32BigEndian(Take(4));
        if (count > Remaining) throw new ProtocolException($"an array of {count} items, but only {Remaining} bytes are left");
        if (count > 0 && (_items += count) > MaxItems) throw new ProtocolException($"a message with more than {MaxItems} array items");
    }

    protected override void OnTags(ReadOnlySpan<TaggedField> known)
    {
        for (var left = ReadVarint(); left > 0; left--)
        {
            var (tag, size) = (ReadVarint(), ReadVarint());
            if (size > Remaining) throw new ProtocolException($"tagged field {tag} has {size} bytes, but only {Remaining} bytes are left");
            var end = _at + (int)size;
            foreach (var field in known) if (field.Tag == tag) field.Describe(this);
            _at = end;
        }
    }

    private int CompactLength()
    {
        var length = ReadVarint();
        return length <= int.MaxValue ? (int)length - 1 : throw new ProtocolException($"a length of {length} bytes");
    }

    private uint ReadVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new ProtocolException("a varint with more than five bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining) throw new ProtocolException($"a field of {count} bytes, but only {Remaining} bytes are left");
        _at += count;
        return frame.Span.Slice(_at - count, count);
    }
}
