using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// The last offset of each key in the dirty part of a log. A key is known by its 128-bit MD5, as in Kafka's SkimpyOffsetMap, so an
/// entry takes about 50 bytes however long the keys are, and the whole map at most <paramref name="maxKeys"/> of them.
/// </summary>
internal sealed class OffsetMap(int maxKeys)
{
    private readonly Dictionary<UInt128, long> _offsets = [];

    /// <summary>The log is known up to here, this offset included; -1 when nothing of it is.</summary>
    public long LastOffset { get; private set; } = -1;

    /// <summary>Notes a record that lies behind all that were noted before. False, and unchanged, when the map is full.</summary>
    public bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        var hash = Hash(key);
        if (_offsets.Count >= maxKeys && !_offsets.ContainsKey(hash)) return false;
        _offsets[hash] = offset;
        LastOffset = offset;
        return true;
    }

    /// <summary>Notes that there is nothing more to know up to <paramref name="offset"/>.</summary>
    public void Passed(long offset) => LastOffset = Math.Max(LastOffset, offset);

    /// <summary>The last offset noted for the key, or -1.</summary>
    public long Find(ReadOnlySpan<byte> key) => _offsets.GetValueOrDefault(Hash(key), -1);

    private static UInt128 Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
