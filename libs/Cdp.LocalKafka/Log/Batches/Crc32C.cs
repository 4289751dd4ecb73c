using System.Buffers.Binary;
using System.Numerics;

namespace Cdp.LocalKafka.Log.Batches;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches v2. Uses one CPU instruction per eight bytes if the CPU has it.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var single in bytes) crc = BitOperations.Crc32C(crc, single);
        return ~crc;
    }
}
