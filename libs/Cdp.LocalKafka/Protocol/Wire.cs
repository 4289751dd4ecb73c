using System.Buffers.Binary;
using System.Text;
using Cdp.LocalKafka.Log;

namespace Cdp.LocalKafka.Protocol;

/// <summary>A part of a Kafka message whose fields are described once and walked in both directions.</summary>
internal interface IWireFields
{
    /// <summary>Names every field in wire order, with the versions that carry it.</summary>
    void Describe(Wire w);
}

/// <summary>
/// Walks the fields of a message in one version: <see cref="WireReader"/> fills them, <see cref="WireWriter"/> writes them.
/// Encodings follow the Kafka protocol guide; "flexible" versions (KIP-482) use compact lengths and tagged fields.
/// </summary>
internal abstract class Wire(short version, bool flexible)
{
    public short Version { get; } = version;
    public bool Flexible { get; } = flexible;

    public void Int8(ref sbyte value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt8(ref value); }
    public void Int16(ref short value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt16(ref value); }
    public void Int32(ref int value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt32(ref value); }
    public void Int64(ref long value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnInt64(ref value); }
    public void Bool(ref bool value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnBool(ref value); }
    public void Uuid(ref Guid value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnUuid(ref value); }
    public void Error(ref ErrorCode value, short since = 0, short until = short.MaxValue)
    {
        var code = (short)value;
        Int16(ref code, since, until);
        value = (ErrorCode)code;
    }

    /// <summary>A string that is never null on the wire.</summary>
    public void String(ref string value, short since = 0, short until = short.MaxValue)
    {
        if (!Carries(since, until)) return;
        string? nullable = value;
        OnString(ref nullable);
        value = nullable ?? throw new ProtocolException("null where a string is required");
    }

    public void NullableString(ref string? value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnString(ref value); }

    /// <summary>Opaque bytes. Null is legal where the message definition says nullable.</summary>
    public void Bytes(ref ReadOnlyMemory<byte>? value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnBytes(ref value); }

    /// <summary>Record batches: read as a part of the frame, written from bytes or, when the frame is sent, from a segment file.</summary>
    public void Records(ref Records value, short since = 0, short until = short.MaxValue) { if (Carries(since, until)) OnRecords(ref value); }

    /// <summary>An array of structures; null is legal where the message definition says nullable.</summary>
    public void Array<T>(ref List<T>? items, short since = 0, short until = short.MaxValue) where T : class, IWireFields, new()
    {
        if (!Carries(since, until)) return;
        var count = items?.Count ?? -1;
        OnLength(ref count);
        if (Reading) items = count < 0 ? null : [];
        for (var i = 0; i < count; i++)
        {
            if (Reading) items!.Add(new T());
            items![i].Describe(this);
        }
    }

    public void Int32s(ref List<int>? items, short since = 0, short until = short.MaxValue) => Primitives(ref items, static (Wire w, ref int v) => w.OnInt32(ref v), since, until);
    public void Int64s(ref List<long>? items, short since = 0, short until = short.MaxValue) => Primitives(ref items, static (Wire w, ref long v) => w.OnInt64(ref v), since, until);
    public void Uuids(ref List<Guid>? items, short since = 0, short until = short.MaxValue) => Primitives(ref items, static (Wire w, ref Guid v) => w.OnUuid(ref v), since, until);
    public void Strings(ref List<string>? items, short since = 0, short until = short.MaxValue) => Primitives(ref items, static (Wire w, ref string v) => w.String(ref v), since, until);

    /// <summary>
    /// Ends a structure. In flexible versions unknown tagged fields are skipped on reading and none are written;
    /// a message that has tagged fields of its own names them in <paramref name="known"/>.
    /// </summary>
    public void Tags(params ReadOnlySpan<TaggedField> known) { if (Flexible) OnTags(known); }

    protected abstract bool Reading { get; }
    protected abstract void OnInt8(ref sbyte value);
    protected abstract void OnInt16(ref short value);
    protected abstract void OnInt32(ref int value);
    protected abstract void OnInt64(ref long value);
    protected abstract void OnBool(ref bool value);
    protected abstract void OnUuid(ref Guid value);
    protected abstract void OnString(ref string? value);
    protected abstract void OnBytes(ref ReadOnlyMemory<byte>? value);
    protected abstract void OnRecords(ref Records value);
    protected abstract void OnLength(ref int count);
    protected abstract void OnTags(ReadOnlySpan<TaggedField> known);

    protected bool Carries(short since, short until) => Version >= since && Version <= until;

    private delegate void Item<T>(Wire w, ref T value);

    private void Primitives<T>(ref List<T>? items, Item<T> item, short since, short until)
    {
        if (!Carries(since, until)) return;
        var count = items?.Count ?? -1;
        OnLength(ref count);
        if (Reading) items = count < 0 ? null : [];
        for (var i = 0; i < count; i++)
        {
            var value = Reading ? default! : items![i];
            if (Reading && typeof(T) == typeof(string)) value = (T)(object)"";
            item(this, ref value);
            if (Reading) items!.Add(value);
        }
    }
}

/// <summary>A field of record batches: bytes in memory (null is legal), or else a stretch of a log.</summary>
internal readonly record struct Records(ReadOnlyMemory<byte>? Bytes, LogSlice Stored);

/// <summary>A tagged field (KIP-482): walked when read, and when <see cref="Present"/> says it differs from its default, written.</summary>
internal readonly record struct TaggedField(uint Tag, bool Present, Action<Wire> Describe);

/// <summary>The bytes of a peer do not follow the protocol; its connection is closed.</summary>
internal sealed class ProtocolException(string message) : Exception(message);

/// <summary>
/// Fills a message from the bytes of one frame. Every length is checked against what is left, and a structure takes many times the memory
/// of the few bytes it may have on the wire, so their number is bounded: what a frame makes is of the order of the largest frame.
/// </summary>
internal sealed class WireReader(ReadOnlyMemory<byte> frame, short version, bool flexible) : Wire(version, flexible)
{
    /// <summary>Items of all arrays of one message: more partitions than a cluster has.</summary>
    public const int MaxItems = 1_000_000;

    // As in Kafka, in all versions: what the old ones and the records of the internal topics cannot hold must not get in by the new ones.
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
        if (length > MaxString) throw new ProtocolException($"a string of {length} bytes; the most is {MaxString}");
        value = length < 0 ? null : Encoding.UTF8.GetString(Take(length));

        // Bytes that are no UTF-8 become characters of three.
        if (length > MaxString / 3 && Encoding.UTF8.GetByteCount(value!) > MaxString) throw new ProtocolException("a string that cannot be written again");
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
        value = new Records(bytes, LogSlice.Empty);
    }

    protected override void OnLength(ref int count)
    {
        count = Flexible ? CompactLength() : BinaryPrimitives.ReadInt32BigEndian(Take(4));
        if (count > Remaining) throw new ProtocolException($"an array of {count} items in {Remaining} bytes");
        if (count > 0 && (_items += count) > MaxItems) throw new ProtocolException($"a message of more than {MaxItems} items");
    }

    protected override void OnTags(ReadOnlySpan<TaggedField> known)
    {
        for (var left = Varint(); left > 0; left--)
        {
            var (tag, size) = (Varint(), Varint());
            if (size > Remaining) throw new ProtocolException($"tagged field {tag} of {size} bytes in {Remaining}");
            var end = _at + (int)size;
            foreach (var field in known) if (field.Tag == tag) field.Describe(this);
            _at = end;
        }
    }

    private int CompactLength()
    {
        var length = Varint();
        return length <= int.MaxValue ? (int)length - 1 : throw new ProtocolException($"length {length}");
    }

    private uint Varint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new ProtocolException("a varint of more than five bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining) throw new ProtocolException($"{count} bytes wanted, {Remaining} left");
        _at += count;
        return frame.Span.Slice(_at - count, count);
    }
}

/// <summary>Writes a message into a growing buffer.</summary>
internal sealed class WireWriter(short version, bool flexible, int capacity = 256) : Wire(version, flexible)
{
    private byte[] _buffer = new byte[capacity];
    private int _length;
    private List<(int At, LogSlice Slice)>? _stored;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>The slices that belong between the written bytes, each before the byte <c>At</c>.</summary>
    public IReadOnlyList<(int At, LogSlice Slice)> Stored => _stored ?? [];

    /// <summary>Puts the size of all that follows, slices included, into the first four bytes.</summary>
    public void CloseFrame()
    {
        var size = (long)_length - sizeof(int);
        foreach (var (_, slice) in Stored) size += slice.Length;
        BinaryPrimitives.WriteInt32BigEndian(_buffer, checked((int)size));
    }

    protected override bool Reading => false;

    protected override void OnInt8(ref sbyte value) => Put(1)[0] = (byte)value;
    protected override void OnInt16(ref short value) => BinaryPrimitives.WriteInt16BigEndian(Put(2), value);
    protected override void OnInt32(ref int value) => BinaryPrimitives.WriteInt32BigEndian(Put(4), value);
    protected override void OnInt64(ref long value) => BinaryPrimitives.WriteInt64BigEndian(Put(8), value);
    protected override void OnBool(ref bool value) => Put(1)[0] = value ? (byte)1 : (byte)0;
    protected override void OnUuid(ref Guid value) => value.TryWriteBytes(Put(16), bigEndian: true, out _);

    protected override void OnString(ref string? value)
    {
        var length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        if (Flexible) Varint((uint)(length + 1));
        else BinaryPrimitives.WriteInt16BigEndian(Put(2), checked((short)length));
        if (length > 0) Encoding.UTF8.GetBytes(value!, Put(length));
    }

    protected override void OnBytes(ref ReadOnlyMemory<byte>? value)
    {
        var length = value?.Length ?? -1;
        OnLength(ref length);
        if (length > 0) value!.Value.Span.CopyTo(Put(length));
    }

    protected override void OnRecords(ref Records value)
    {
        if (value.Stored.Length == 0)
        {
            var bytes = value.Bytes;
            OnBytes(ref bytes);
            return;
        }
        var length = value.Stored.Length;
        OnLength(ref length);
        (_stored ??= []).Add((_length, value.Stored));
    }

    protected override void OnLength(ref int count)
    {
        if (Flexible) Varint((uint)(count + 1));
        else BinaryPrimitives.WriteInt32BigEndian(Put(4), count);
    }

    protected override void OnTags(ReadOnlySpan<TaggedField> known)
    {
        uint present = 0;
        foreach (var field in known) if (field.Present) present++;
        Varint(present);
        foreach (var field in known)
        {
            if (!field.Present) continue;
            var body = new WireWriter(Version, Flexible);
            field.Describe(body);
            Varint(field.Tag);
            Varint((uint)body._length);
            body.Written.Span.CopyTo(Put(body._length));
        }
    }

    private void Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7) Put(1)[0] = (byte)(value | 0x80);
        Put(1)[0] = (byte)value;
    }

    private Span<byte> Put(int count)
    {
        if (_length + count > _buffer.Length) System.Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }
}
