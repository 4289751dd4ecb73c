namespace Cdp.LocalKafka.Log.Batches;

/// <summary>The zigzag varints of record fields. Small numbers of either sign take one byte.</summary>
internal static class Varint
{
    public static int Size(long value)
    {
        var size = 1;
        for (var rest = Zigzag(value); rest >= 0x80; rest >>= 7) size++;
        return size;
    }

    public static void Write(ref Span<byte> at, long value)
    {
        var used = 0;
        for (var rest = Zigzag(value); ; rest >>= 7)
        {
            at[used++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80) break;
        }
        at = at[used..];
    }

    /// <exception cref="InvalidDataException">The bytes end inside the number, or it has more than ten bytes.</exception>
    public static long Read(ref ReadOnlySpan<byte> at)
    {
        ulong value = 0;
        for (var used = 0; used < Math.Min(10, at.Length); used++)
        {
            value |= (ulong)(at[used] & 0x7f) << (7 * used);
            if (at[used] >= 0x80) continue;
            at = at[(used + 1)..];
            return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw new InvalidDataException("a record ends inside a varint");
    }

    private static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));
}
