using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log.Segments;

/// <summary>One entry of an <see cref="IndexFile"/>: the key to search for, and the value it maps to.</summary>
internal readonly record struct IndexEntry(long Key, int Value);

/// <summary>
/// A file of sorted big-endian entries, each a key of <paramref name="keySize"/> bytes and an int. New entries stay in memory until they are
/// written, so that an append costs no second system call. Entries that are written are searched in the file. Guarded by its log's lock.
/// </summary>
internal sealed class IndexFile(string path, int keySize) : IDisposable
{
    private const int BlockEntries = 256;

    private readonly List<IndexEntry> _pending = [];
    private SafeFileHandle? _file;
    private int _written;

    public int Count => _written + _pending.Count;

    public IndexEntry? Last { get; private set; }

    public IndexEntry this[int index] => index < _written ? Read(index) : _pending[index - _written];

    private int EntrySize => keySize + sizeof(int);
    private SafeFileHandle Handle => _file ??= OpenFile();

    /// <summary>Uses the entries on disk. Returns false if there is no file, or if the file ends inside an entry.</summary>
    public bool TryLoad()
    {
        if (!File.Exists(path)) return false;
        var length = RandomAccess.GetLength(Handle);
        if (length % EntrySize != 0) return false;
        _written = (int)(length / EntrySize);
        Last = _written == 0 ? null : Read(_written - 1);
        return true;
    }

    public void Add(IndexEntry entry)
    {
        _pending.Add(entry);
        Last = entry;
    }

    /// <summary>
    /// Counts the entries for which <paramref name="before"/> is true. It must be true for a prefix of the entries and false for all after it.
    /// </summary>
    public int CountWhile(Func<IndexEntry, bool> before)
    {
        // Most readers are near the end of the log, where the entries are in memory.
        if (Last is not { } last || before(last)) return Count;
        var inMemory = _pending.Count > 0 && before(_pending[0]);
        var (low, high) = inMemory ? (_written, Count) : (0, _written);
        while (low < high && (inMemory || high - low > BlockEntries))
        {
            var middle = (low + high) / 2;
            if (before(this[middle])) low = middle + 1;
            else high = middle;
        }
        return low == high ? low : low + CountInBlock(low, high - low, before);
    }

    /// <summary>Drops all but the first <paramref name="count"/> entries. A count of 0 also empties a file that could not be loaded.</summary>
    public void Truncate(int count)
    {
        Last = count == 0 ? null : this[count - 1];
        if (count > _written)
        {
            _pending.RemoveRange(count - _written, Count - count);
            return;
        }
        _pending.Clear();
        _written = count;
        RandomAccess.SetLength(Handle, (long)count * EntrySize);
    }

    public void Write()
    {
        if (_pending.Count == 0) return;
        var bytes = new byte[_pending.Count * EntrySize];
        for (var i = 0; i < _pending.Count; i++)
        {
            var entry = bytes.AsSpan(i * EntrySize, EntrySize);
            if (keySize == sizeof(long)) BinaryPrimitives.WriteInt64BigEndian(entry, _pending[i].Key);
            else BinaryPrimitives.WriteInt32BigEndian(entry, (int)_pending[i].Key);
            BinaryPrimitives.WriteInt32BigEndian(entry[keySize..], _pending[i].Value);
        }
        RandomAccess.Write(Handle, bytes, (long)_written * EntrySize);
        _written += _pending.Count;
        _pending.Clear();
        _pending.TrimExcess();
    }

    public void Flush() => RandomAccess.FlushToDisk(Handle);

    public void Delete()
    {
        Dispose();
        File.Delete(path);
    }

    public void Dispose() => _file?.Dispose();

    // Near the end of a search, one larger read of the file replaces the last eight reads of single entries.
    private int CountInBlock(int first, int count, Func<IndexEntry, bool> before)
    {
        Span<byte> block = stackalloc byte[count * EntrySize];
        ReadExactly(block, first);
        var found = 0;
        while (found < count && before(Parse(block[(found * EntrySize)..]))) found++;
        return found;
    }

    private IndexEntry Read(int index)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        ReadExactly(entry, index);
        return Parse(entry);
    }

    private void ReadExactly(Span<byte> entries, int first)
    {
        if (RandomAccess.Read(Handle, entries, (long)first * EntrySize) < entries.Length)
            throw new InvalidDataException($"{path} was truncated by another program");
    }

    private IndexEntry Parse(ReadOnlySpan<byte> entry) => new(
        keySize == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(entry) : BinaryPrimitives.ReadInt32BigEndian(entry),
        BinaryPrimitives.ReadInt32BigEndian(entry[keySize..]));

    private SafeFileHandle OpenFile() =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
