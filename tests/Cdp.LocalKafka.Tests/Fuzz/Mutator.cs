using System.Buffers.Binary;

namespace Cdp.LocalKafka.Tests.Fuzz;

/// <summary>Damages frames where parsers often fail: single bits, extreme lengths, truncated ends, joined pieces. The seed determines everything.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> seeds)
{
    private const int HeaderKept = 8; // the API, its version and the correlation id

    private static readonly long[] Extremes =
    [
        0, 1, -1, 2, 127, 128, 255, 256, 16_383, 32_767, 32_768, 65_535, int.MaxValue, int.MinValue, int.MaxValue - 1L, uint.MaxValue, long.MaxValue,
        long.MinValue,
    ];

    private readonly Random _random = new(seed);

    /// <summary>A seed frame damaged in one to four places. Nine in ten keep their header, so that the damage is in the body.</summary>
    public byte[] Next()
    {
        var frame = seeds[_random.Next(seeds.Count)].ToList();
        var from = _random.Next(10) == 0 ? 0 : HeaderKept;
        for (var left = _random.Next(1, 5); left > 0 && frame.Count > from; left--) Damage(frame, from);
        return [.. frame];
    }

    /// <summary>Other bytes, damaged in the same ways.</summary>
    public byte[] Damaged(byte[] bytes, int from)
    {
        var frame = bytes.ToList();
        for (var left = _random.Next(1, 4); left > 0 && frame.Count > from; left--) Damage(frame, from);
        return [.. frame];
    }

    public bool OneIn(int n) => _random.Next(n) == 0;

    public T Any<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private void Damage(List<byte> frame, int from)
    {
        var at = _random.Next(from, frame.Count);
        var stretch = _random.Next(1, Math.Min(32, frame.Count - at) + 1);
        switch (_random.Next(8))
        {
            case 0 or 1:
                frame[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 2:
                Overwrite(frame, at, Extreme());
                break;
            case 3:
                frame.RemoveRange(at, frame.Count - at);
                break;
            case 4:
                frame.RemoveRange(at, stretch);
                break;
            case 5:
                frame.InsertRange(at, Varint((ulong)Extremes[_random.Next(Extremes.Length)]));
                break;
            case 6:
                var other = seeds[_random.Next(seeds.Count)];
                frame.RemoveRange(at, frame.Count - at);
                frame.AddRange(other.AsSpan(_random.Next(Math.Min(HeaderKept, other.Length - 1), other.Length)));
                break;
            default:
                for (var i = at; i < at + stretch; i++) frame[i] = (byte)_random.Next(256);
                break;
        }
    }

    private byte[] Extreme()
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Extremes[_random.Next(Extremes.Length)]);
        return bytes[^(1 << _random.Next(4))..];
    }

    private static void Overwrite(List<byte> frame, int at, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length && at + i < frame.Count; i++) frame[at + i] = bytes[i];
    }

    private static List<byte> Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return bytes;
    }
}
