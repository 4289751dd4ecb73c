using System.Text;
using Avro;

namespace Cdp.Contracts;

/// <summary>
/// Reads Avro binary (Avro specification, "Binary Encoding") field by field, in the order of the schema it was written with. The counterpart of
/// <see cref="AvroWriter"/>. Invalid bytes cause an <see cref="AvroException"/>; the reader never reads beyond the span.
/// </summary>
public ref struct AvroReader(ReadOnlySpan<byte> written)
{
    private ReadOnlySpan<byte> _rest = written;

    public long Long()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_rest.IsEmpty) throw Short();
            var b = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw new AvroException("a number has more than ten bytes");
    }

    public int Int() => Long() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw new AvroException("a number does not fit into an int");

    public string Text() => Encoding.UTF8.GetString(Sized());

    public byte[] Bytes() => Sized().ToArray();

    public bool Boolean() => Take(1)[0] != 0;

    /// <summary>Reads the branch of a union of null and another type: true if a value follows, false for null.</summary>
    public bool Branch() => Long() switch
    {
        0 => false,
        1 => true,
        _ => throw new AvroException("a union has no branch of this index"),
    };

    /// <summary>A time of the logical type timestamp-micros, as UTC.</summary>
    public DateTime Time()
    {
        const long Least = -62_135_596_800_000_000, Greatest = 253_402_300_799_999_999;
        return Long() is >= Least and <= Greatest and var micros
            ? DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
            : throw new AvroException("a time is outside the years 1 to 9999");
    }

    /// <summary>The number of elements in the next block of an array or a map; 0 at its end.</summary>
    public int Block()
    {
        var count = Long();
        if (count < 0)
        {
            // The size in bytes, for readers that skip the block.
            Long();
            count = -count;
        }
        // Every element takes at least one byte, so a count cannot request more memory than the size of the record allows.
        return count >= 0 && count <= _rest.Length ? (int)count : throw Short();
    }

    private ReadOnlySpan<byte> Sized() => Long() is >= 0 and <= int.MaxValue and var length ? Take((int)length) : throw Short();

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw Short();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private static AvroException Short() => new("the bytes end before the record does");
}
