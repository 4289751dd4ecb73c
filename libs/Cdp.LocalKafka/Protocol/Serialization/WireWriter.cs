using System.Buffers.Binary;
using System.Text;

namespace Cdp.LocalKafka.Protocol.Serialization;

/// <summary>Writes a message into a growing buffer.</summary>
internal sealed class WireWriter(short version, bool flexible, int capacity = 256) : Wire(version, flexible)
{
    private byte[] _buffer = new byte[capacity];
    private int _length;
    private List<(int At, FileSlice Slice)>? _stored;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>The slices to insert between the written bytes, each before byte <c>At</c>.</summary>
    public IReadOnlyList<(int At, FileSlice Slice)> Stored => _stored ?? [];

    /// <summary>Writes the size of everything that follows, including slices, into the first four bytes.</summary>
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
        if (Flexible) WriteVarint((uint)(length + 1));
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
        if (Flexible) WriteVarint((uint)(count + 1));
        else BinaryPrimitives.WriteInt32BigEndian(Put(4), count);
    }

    protected override void OnTags(ReadOnlySpan<TaggedField> known)
    {
        uint present = 0;
        foreach (var field in known) if (field.Present) present++;
        WriteVarint(present);
        foreach (var field in known)
        {
            if (!field.Present) continue;
            var body = new WireWriter(Version, Flexible);
            field.Describe(body);
            WriteVarint(field.Tag);
            WriteVarint((uint)body._length);
            body.Written.Span.CopyTo(Put(body._length));
        }
    }

    private void WriteVarint(uint value)
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
