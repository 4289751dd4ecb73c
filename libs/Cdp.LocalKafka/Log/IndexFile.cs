using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log;

/// <summary>One entry of an <see cref="IndexFile"/>: what is searched for, and where it leads.</summary>
internal readonly record struct IndexEntry(long Key, int Value);

/// <summary>
/// A file of ordered entries, big-endian: a key of <paramref name="keySize"/> bytes and an int. Entries are kept in memory until they are
/// written, for an append must not cost a second system call; the rest stays in the file and is searched there. Its log's lock guards it.
/// </summary>
internal sealed class IndexFile(string path, int keySize) : IDisposable
{
    private readonly List<IndexEntry> _pending = [];
    private SafeFileHandle? _file;
    private int _written;

    public int Count => _written + _pending.Count;

    public IndexEntry? Last { get; private set; }

    public IndexEntry this[int index] => index < _written ? Read(index) : _pending[index - _written];

    private int EntrySize => keySize + sizeof(int);
    private SafeFileHandle Handle => _file ??= OpenFile();

    /// <summary>Takes over the entries on disk. False when there is no file, or one that ends inside an entry.</summary>
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

    /// <summary>How many entries <paramref name="before"/> holds for; it must hold for a first part of them and for none behind it.</summary>
    public int CountWhile(Func<IndexEntry, bool> before)
    {
        // Most readers are near the end of the log, whose entries are in memory.
        if (Last is not { } last || before(last)) return Count;
        var (low, high) = _pending.Count > 0 && before(_pending[0]) ? (_written, Count) : (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (before(this[middle])) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>Drops all but the first <paramref name="count"/> entries; 0 also empties a file that could not be loaded.</summary>
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

    private IndexEntry Read(int index)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        if (RandomAccess.Read(Handle, entry, (long)index * EntrySize) < EntrySize)
            throw new InvalidDataException($"{path} was cut from outside");
        return new IndexEntry(
            keySize == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(entry) : BinaryPrimitives.ReadInt32BigEndian(entry),
            BinaryPrimitives.ReadInt32BigEndian(entry[keySize..]));
    }

    private SafeFileHandle OpenFile() =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
