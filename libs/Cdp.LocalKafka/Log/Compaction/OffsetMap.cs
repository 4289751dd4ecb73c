using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// The last offset of each key in the uncleaned part of a log. Keys are stored as 128-bit MD5 hashes, as in Kafka's SkimpyOffsetMap, so an entry
/// takes about 50 bytes regardless of the key length. The map holds at most <paramref name="maxKeys"/> entries.
/// </summary>
internal sealed class OffsetMap(int maxKeys)
{
    private readonly Dictionary<UInt128, long> _offsets = [];

    /// <summary>The last offset that was scanned, inclusive. -1 if nothing was scanned.</summary>
    public long LastOffset { get; private set; } = -1;

    /// <summary>Adds a record with a higher offset than all previous ones. Returns false and changes nothing if the map is full.</summary>
    public bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        var hash = Hash(key);
        if (_offsets.Count >= maxKeys && !_offsets.ContainsKey(hash)) return false;
        _offsets[hash] = offset;
        LastOffset = offset;
        return true;
    }

    /// <summary>Marks the log as scanned up to <paramref name="offset"/>, inclusive.</summary>
    public void MarkScanned(long offset) => LastOffset = Math.Max(LastOffset, offset);

    /// <summary>The last offset of the key, or -1.</summary>
    public long Find(ReadOnlySpan<byte> key) => _offsets.GetValueOrDefault(Hash(key), -1);

    private static UInt128 Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
