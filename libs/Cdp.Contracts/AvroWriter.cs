using System.Text;
using Avro;

namespace Cdp.Contracts;

/// <summary>
/// Writes one record after another as Avro binary (Avro specification, "Binary Encoding") into a buffer that is used again: for records so frequent that
/// an object, its strings and a schema's walk for each would cost more than the writing. The caller writes the fields in the schema's order. Not thread-safe.
/// </summary>
public sealed class AvroWriter
{
    private const int NoText = -1;

    // Micros since 1970: what the logical type timestamp-micros counts.
    private static readonly long Epoch = DateTime.UnixEpoch.Ticks;

    private byte[] _buffer = new byte[1024];
    private int _length;
    private int _text = NoText;

    /// <summary>The record so far. Good until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Forgets what was written, for the next record.</summary>
    public void Clear() => (_length, _text) = (0, NoText);

    public void Long(long value)
    {
        Reserve(10);
        _length += Varint(value, _buffer.AsSpan(_length));
    }

    /// <summary>A string.</summary>
    /// <param name="utf8">Its bytes; that they are UTF-8 is for the caller to know.</param>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        Long(utf8.Length);
        Append(utf8);
    }

    /// <exception cref="AvroException">There is no text, and the field is not one that may be null.</exception>
    public void Text(string text)
    {
        if (text is null) throw Missing("a string");
        var length = Encoding.UTF8.GetByteCount(text);
        Long(length);
        Reserve(length);
        _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
    }

    /// <summary>A string that is composed of what is appended until <see cref="EndText"/>.</summary>
    public void BeginText() => _text = _length;

    /// <summary>More of the string that was begun.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        Reserve(utf8.Length);
        utf8.CopyTo(_buffer.AsSpan(_length));
        _length += utf8.Length;
    }

    public void EndText()
    {
        Span<byte> size = stackalloc byte[10];
        var length = _length - _text;
        size = size[..Varint(length, size)];
        Reserve(size.Length);
        // Only now is it known how much room the length needs before the text.
        _buffer.AsSpan(_text, length).CopyTo(_buffer.AsSpan(_text + size.Length));
        size.CopyTo(_buffer.AsSpan(_text));
        _length += size.Length;
        _text = NoText;
    }

    /// <summary>The branch of a union of null and another type: the first where the value is missing, else the second, whose value follows.</summary>
    public void Branch(bool isPresent) => Long(isPresent ? 1 : 0);

    /// <exception cref="AvroException">There are none, and the field is not one that may be null.</exception>
    public void Bytes(byte[] bytes) => Text((bytes ?? throw Missing("bytes")).AsSpan());

    public void Boolean(bool value)
    {
        Reserve(1);
        _buffer[_length++] = value ? (byte)1 : (byte)0;
    }

    /// <summary>Begins an array or a map: how many elements follow in the one block. After the last, and at once where there are none, <see cref="EndBlocks"/>.</summary>
    public void Block(int count)
    {
        if (count > 0) Long(count);
    }

    /// <summary>No further block of the array or map.</summary>
    public void EndBlocks() => Long(0);

    /// <summary>A time of the logical type timestamp-micros; what is finer is cut off.</summary>
    public void Time(DateTime time) => Long((time.ToUniversalTime().Ticks - Epoch) / TimeSpan.TicksPerMicrosecond);

    /// <summary>A record, an array or a map in a field that may not be null is there.</summary>
    /// <exception cref="AvroException">It is not.</exception>
    public static T Required<T>(T? value)
        where T : class => value ?? throw Missing($"a {typeof(T).Name}");

    public void OptionalTime(DateTime? utc)
    {
        Branch(utc is not null);
        if (utc is { } time) Time(time);
    }

    // Zigzag, then seven bits a byte, the lowest first.
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
