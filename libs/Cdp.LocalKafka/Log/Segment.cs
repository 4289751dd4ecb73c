using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log;

/// <summary>
/// One file of a partition's log, named by the offset it begins at, with a sparse index in memory that is rebuilt when the file is
/// opened. Writes and lookups happen under the log's lock; the bytes of a <see cref="LogSlice"/> are read outside it.
/// </summary>
internal sealed class Segment : IDisposable
{
    public const string Extension = ".log";

    // A lookup scans at most this far past an index entry.
    private const int IndexEveryBytes = 4096;

    private readonly SafeFileHandle _file;
    private readonly List<IndexEntry> _index = [];
    private bool _dirty;

    private Segment(long baseOffset, SafeFileHandle file)
    {
        BaseOffset = baseOffset;
        NextOffset = baseOffset;
        _file = file;
    }

    public long BaseOffset { get; }
    public long NextOffset { get; private set; }
    public long Length { get; private set; }

    /// <summary>Largest record timestamp in the file, or -1 when it is empty.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    public static Segment Create(string directory, long baseOffset)
    {
        var path = Path.Combine(directory, baseOffset.ToString("D20", CultureInfo.InvariantCulture) + Extension);
        return new Segment(baseOffset, OpenFile(path, FileMode.Create));
    }

    /// <summary>
    /// Opens a file and reports every batch in it. The last segment of a log is checked by CRC and cut behind its last whole batch,
    /// for a crash may have torn what followed; earlier ones were flushed when they were full, so damage there is refused.
    /// </summary>
    /// <exception cref="InvalidDataException">A segment that is not the last is damaged.</exception>
    public static Segment Open(string path, bool isLast, Action<BatchHeader, ReadOnlySpan<byte>> visit)
    {
        var baseOffset = long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);
        var segment = new Segment(baseOffset, OpenFile(path, FileMode.Open));
        var size = RandomAccess.GetLength(segment._file);
        using var window = new FileWindow(segment._file, size);
        while (window.TryBatch(segment.Length, wholeBatch: isLast, out var header, out var bytes)
            && header.BaseOffset >= segment.NextOffset && (!isLast || header.ChecksumHolds(bytes)))
        {
            // A marker's bytes tell commit from abort; it is small, so it is read whole in any segment.
            if (header.IsControl && !isLast) window.TryBatch(segment.Length, wholeBatch: true, out header, out bytes);
            segment.Extend(header);
            visit(header, bytes);
        }

        if (segment.Length == size) return segment;
        if (!isLast)
            throw new InvalidDataException($"{path} is damaged at byte {segment.Length}, and later segments follow: restore the file, or delete the topic's directory");
        RandomAccess.SetLength(segment._file, segment.Length);
        return segment;
    }

    public void Append(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> rest, in BatchHeader header)
    {
        RandomAccess.Write(_file, [head, rest], Length);
        _dirty = true;
        Extend(header);
    }

    public void Flush()
    {
        if (!_dirty) return;
        RandomAccess.FlushToDisk(_file);
        _dirty = false;
    }

    /// <summary>Everything from the batch that holds <paramref name="offset"/> to the one that holds <paramref name="until"/>, at most <paramref name="maxBytes"/>.</summary>
    /// <param name="wholeFirst">Whether the first batch is given even when it alone is larger, so that a consumer gets on.</param>
    /// <returns>The slice and the offset its last byte is sure to lie before.</returns>
    public (LogSlice Slice, long Until) SliceFrom(long offset, long until, int maxBytes, bool wholeFirst)
    {
        if (!TryLocate(offset, out var first) || first.Header.BaseOffset >= until) return (LogSlice.Empty, offset);
        if (first.Header.Bytes > maxBytes && !wholeFirst) return (LogSlice.Empty, offset);
        var end = until >= NextOffset || !TryLocate(until, out var limit) ? Length : limit.Position;
        var length = Math.Min(end - first.Position, Math.Max(maxBytes, first.Header.Bytes));
        var sliceEnd = first.Position + length;
        var next = _index.FindIndex(LastEntry(e => e.Position <= sliceEnd), e => e.Position >= sliceEnd);
        return (new LogSlice(_file, first.Position, (int)length), next < 0 ? Math.Min(until, NextOffset) : Math.Min(until, _index[next].Offset));
    }

    /// <summary>Finds the batch that holds <paramref name="offset"/>, or the next one after it.</summary>
    public bool TryLocate(long offset, out (BatchHeader Header, long Position) batch) =>
        Scan(LastEntry(e => e.Offset <= offset), header => header.LastOffset >= offset, out batch);

    /// <summary>Finds the first batch with a record at or after <paramref name="timestamp"/>.</summary>
    public bool TryLocateTime(long timestamp, out (BatchHeader Header, long Position) batch) =>
        Scan(LastEntry(e => e.TimestampBefore < timestamp), header => header.MaxTimestamp >= timestamp, out batch);

    public byte[] ReadBatch(BatchHeader header, long position)
    {
        var batch = new byte[header.Bytes];
        new LogSlice(_file, position, header.Bytes).Read(0, batch);
        return batch;
    }

    /// <summary>Closes the file, under readers too: what they still want of it is gone.</summary>
    public void Dispose() => _file.Dispose();

    private void Extend(in BatchHeader header)
    {
        if (_index.Count == 0 || Length - _index[^1].Position >= IndexEveryBytes)
            _index.Add(new IndexEntry(header.BaseOffset, Length, MaxTimestamp));
        Length += header.Bytes;
        NextOffset = header.LastOffset + 1;
        MaxTimestamp = Math.Max(MaxTimestamp, header.MaxTimestamp);
    }

    private bool Scan(int entry, Func<BatchHeader, bool> wanted, out (BatchHeader Header, long Position) batch)
    {
        batch = default;
        if (_index.Count == 0) return false;
        using var window = new FileWindow(_file, Length, IndexEveryBytes);
        for (var position = _index[entry].Position; window.TryBatch(position, wholeBatch: false, out var header, out _); position += header.Bytes)
        {
            if (!wanted(header)) continue;
            batch = (header, position);
            return true;
        }
        return false;
    }

    // The index is ordered in every field, so any "before" predicate splits it once.
    private int LastEntry(Func<IndexEntry, bool> before)
    {
        var (low, high) = (0, _index.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (before(_index[middle])) low = middle + 1;
            else high = middle;
        }
        return Math.Max(0, low - 1);
    }

    // Sharing everything: .NET would otherwise take an advisory lock that a broker restarted in the same process meets.
    private static SafeFileHandle OpenFile(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <param name="TimestampBefore">Largest timestamp of the batches before <paramref name="Position"/>.</param>
    private readonly record struct IndexEntry(long Offset, long Position, long TimestampBefore);
}
