using System.Text;

namespace Cdp.Contracts;

/// <summary>
/// The default partitioner of Kafka for records with a key (murmur2, like the Java client and <c>murmur2_random</c> of librdkafka). It tells readers the
/// partition of a profile, and thus the part of Redis that contains the profile.
/// </summary>
public static class Partitioner
{
    /// <summary>The partition of a key, from 0 to <paramref name="partitions"/> - 1.</summary>
    public static int Partition(string key, int partitions) => (int)(Murmur2(Encoding.UTF8.GetBytes(key)) & 0x7fffffff) % partitions;

    private static uint Murmur2(ReadOnlySpan<byte> data)
    {
        const uint M = 0x5bd1e995;
        var h = 0x9747b28c ^ (uint)data.Length;
        for (; data.Length >= 4; data = data[4..])
        {
            var k = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data) * M;
            k = (k ^ (k >> 24)) * M;
            h = (h * M) ^ k;
        }
        for (var i = data.Length - 1; i >= 0; i--) h ^= (uint)data[i] << (8 * i);
        if (data.Length > 0) h *= M;
        h = (h ^ (h >> 13)) * M;
        return h ^ (h >> 15);
    }
}
