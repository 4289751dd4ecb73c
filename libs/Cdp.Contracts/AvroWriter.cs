using System.Text;
using Avro;

namespace Cdp.Contracts;

/// <summary>
/// Writes records as Avro binary (Avro specification, "Binary Encoding") into a buffer that is reused: meant for frequent records, where allocating objects and
/// strings and traversing a schema would cost more than writing. The caller writes the fields in the order of the schema. Not thread-safe.
/// </summary>
public sealed class AvroWriter
{
    private const int NoText = -1;

    // The logical type timestamp-micros counts microseconds since 1970.
    private static readonly long Epoch = DateTime.UnixEpoch.Ticks;

    private byte[] _buffer = new byte[1024];
    private int _length;
    private int _text = NoText;

    /// <summary>The record so far. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Discards what was written, to begin the next record.</summary>
    public void Clear() => (_length, _text) = (0, NoText);

    public void Long(long value)
    {
        Reserve(10);
        _length += Varint(value, _buffer.AsSpan(_length));
    }

    /// <summary>A string.</summary>
    /// <param name="utf8">The bytes of the string. The caller must ensure that they are valid UTF-8.</param>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        Long(utf8.Length);
        Append(utf8);
    }

    /// <exception cref="AvroException">The text is null, and the field may not be.</exception>
    public void Text(string text)
    {
        if (text is null) throw Missing("a string");
        var length = Encoding.UTF8.GetByteCount(text);
        Long(length);
        Reserve(length);
        _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
    }

    /// <summary>Begins a string that consists of everything appended until <see cref="EndText"/>.</summary>
    public void BeginText() => _text = _length;

    /// <summary>Appends to the string that was begun.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        Reserve(utf8.Length);
        utf8.CopyTo(_buffer.AsSpan(_length));
        _length += utf8.Length;
    }

    /// <summary>Ends the string that was begun.</summary>
    public void EndText()
    {
        Span<byte> size = stackalloc byte[10];
        var length = _length - _text;
        size = size[..Varint(length, size)];
        Reserve(size.Length);
        // The length comes before the string, but is known only now that the string is complete.
        _buffer.AsSpan(_text, length).CopyTo(_buffer.AsSpan(_text + size.Length));
        size.CopyTo(_buffer.AsSpan(_text));
        _length += size.Length;
        _text = NoText;
    }

    /// <summary>Writes the branch of a union of null and another type. If the value is present, it must follow.</summary>
    public void Branch(bool isPresent) => Long(isPresent ? 1 : 0);

    /// <exception cref="AvroException">The bytes are null, and the field may not be.</exception>
    public void Bytes(byte[] bytes) => Text((bytes ?? throw Missing("bytes")).AsSpan());

    public void Boolean(bool value)
    {
        Reserve(1);
        _buffer[_length++] = value ? (byte)1 : (byte)0;
    }

    /// <summary>
    /// Begins an array or a map with the given number of elements. Call <see cref="EndBlocks"/> after the last one, or immediately if there are none.
    /// </summary>
    public void Block(int count)
    {
        if (count > 0) Long(count);
    }

    /// <summary>Ends an array or a map.</summary>
    public void EndBlocks() => Long(0);

    /// <summary>A time of the logical type timestamp-micros; smaller units are cut off.</summary>
    public void Time(DateTime time) => Long((time.ToUniversalTime().Ticks - Epoch) / TimeSpan.TicksPerMicrosecond);

    /// <summary>Returns the value of a field that may not be null.</summary>
    /// <exception cref="AvroException">The value is null.</exception>
    public static T Required<T>(T? value)
        where T : class => value ?? throw Missing($"a {typeof(T).Name}");

    public void OptionalTime(DateTime? utc)
    {
        Branch(utc is not null);
        if (utc is { } time) Time(time);
    }

    // Zigzag encoding, then seven bits per byte, lowest first.
    private static int Varint(long value, Span<byte> into)
    {
        var rest = (ulong)((value << 1) ^ (value >> 63));
        var length = 0;
        for (; rest > 0x7F; rest >>= 7) into[length++] = (byte)(rest | 0x80);
        into[length++] = (byte)rest;
        return length;
    }

    private static AvroException Missing(string what) => new($"{what} is null in a field that may not be");

    private void Reserve(int more)
    {
        if (_buffer.Length - _length < more) Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + more));
    }
}
