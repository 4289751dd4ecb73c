using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Protocol.Serialization;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log.Segments;

/// <summary>
/// One file of a partition's log, named after its base offset, and its index files. Writes and lookups happen under the log's lock; the bytes of a
/// <see cref="FileSlice"/> are read outside it.
/// </summary>
internal sealed partial class Segment : IDisposable
{
    public const string Extension = ".log";

    // How much a lookup reads at once after an index entry. The default index.interval.bytes needs no more.
    private const int ScanBytes = 4096;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly SegmentIndex _index;
    private readonly long _opened;
    private long _flushed;

    private Segment(string path, SafeFileHandle file, LogSettings settings)
    {
        _path = path;
        _file = file;
        BaseOffset = OffsetOf(path);
        Extent = SegmentExtent.Empty(BaseOffset);
        _index = new SegmentIndex(path, BaseOffset, settings.IndexIntervalBytes);
        _opened = settings.Time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    public long BaseOffset { get; }
    public SegmentExtent Extent { get; private set; }
    public long NextOffset => Extent.NextOffset;
    public long Length => Extent.Length;

    /// <summary>The largest record timestamp in the file, or -1 if the file is empty.</summary>
    public long MaxTimestamp => Extent.MaxTimestamp;

    /// <summary>The age of the records for retention: the largest timestamp, or the time of the last write if the records have no timestamps.</summary>
    public long LargestTimestamp =>
        MaxTimestamp >= 0 ? MaxTimestamp : new DateTimeOffset(File.GetLastWriteTimeUtc(_path)).ToUnixTimeMilliseconds();

    /// <summary>The largest timestamp of the first batch. -1 if there are no batches.</summary>
    public long FirstTimestamp { get; private set; } = -1;

    /// <summary>
    /// Whether a batch needs a new segment, because of size, age, or because its relative offset or an index entry would not fit (Kafka's
    /// LogSegment.shouldRoll).
    /// </summary>
    public bool MustRollFor(in BatchHeader batch, LogSettings settings, long now)
    {
        if (Length == 0) return false;
        var waited = FirstTimestamp >= 0 ? batch.MaxTimestamp - FirstTimestamp : now - _opened;
        return Length + batch.Bytes > settings.SegmentBytes || waited > settings.MaxSegmentMs
            || NextOffset + batch.LastOffsetDelta - BaseOffset > int.MaxValue || _index.IsFull(settings.SegmentIndexBytes);
    }

    public void Append(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> rest, in BatchHeader header)
    {
        RandomAccess.Write(_file, [head, rest], Length);
        Extend(header);
    }

    /// <summary>Flushes appended batches to disk. May be called without the log's lock; batches appended meanwhile may then stay unflushed.</summary>
    public void Flush()
    {
        var length = Length;
        if (Volatile.Read(ref _flushed) >= length) return;
        RandomAccess.FlushToDisk(_file);
        Volatile.Write(ref _flushed, length);
    }

    /// <summary>Makes a full segment durable and completes its indexes. Nothing is appended to it afterwards.</summary>
    public void Seal()
    {
        // A failed write (for example on a full disk) leaves bytes after the last batch. In a full segment they would count as damage.
        if (RandomAccess.GetLength(_file) > Length) RandomAccess.SetLength(_file, Length);
        Flush();
        _index.Seal(Extent);
    }

    public void WriteIndex() => _index.Write();

    /// <summary>
    /// Returns the batches from the one that contains <paramref name="offset"/> to the one that contains <paramref name="until"/>, up to
    /// <paramref name="maxBytes"/>.
    /// </summary>
    /// <param name="offset">The first offset to read.</param>
    /// <param name="until">The offset to stop at, exclusive.</param>
    /// <param name="maxBytes">The most bytes to return.</param>
    /// <param name="wholeFirst">Whether to return the first batch even if it exceeds <paramref name="maxBytes"/>. Otherwise a consumer could get stuck.</param>
    /// <returns>The slice, and an upper bound (exclusive) of the offsets of its records.</returns>
    public (FileSlice Slice, long Until) SliceFrom(long offset, long until, int maxBytes, bool wholeFirst)
    {
        if (!TryLocate(offset, out var first) || first.Header.BaseOffset >= until) return (FileSlice.Empty, offset);
        if (first.Header.Bytes > maxBytes && !wholeFirst) return (FileSlice.Empty, offset);
        var end = until >= NextOffset || !TryLocate(until, out var limit) ? Length : limit.Position;
        var length = Math.Min(end - first.Position, Math.Max(maxBytes, first.Header.Bytes));
        return (new FileSlice(_file, first.Position, (int)length), Math.Min(until, _index.From(first.Position + length) ?? NextOffset));
    }

    /// <summary>Finds the batch that contains <paramref name="offset"/>, or the next one after it.</summary>
    public bool TryLocate(long offset, out (BatchHeader Header, long Position) batch) =>
        Scan(offset, header => header.LastOffset >= offset, out batch);

    /// <summary>Finds the first batch that ends at or after <paramref name="from"/> and has a record at or after <paramref name="timestamp"/>.</summary>
    public bool TryLocateTime(long timestamp, long from, out (BatchHeader Header, long Position) batch) =>
        Scan(Math.Max(from, _index.BeforeTime(timestamp)), header => header.MaxTimestamp >= timestamp && header.LastOffset >= from, out batch);

    /// <summary>The segment as input for a cleaning. <paramref name="endOffset"/> is the base offset of the next segment.</summary>
    public ClosedSegment Closed(long endOffset) => new(_file, Length, BaseOffset, endOffset);

    public byte[] ReadBatch(BatchHeader header, long position)
    {
        var batch = new byte[header.Bytes];
        new FileSlice(_file, position, header.Bytes).Read(0, batch);
        return batch;
    }

    /// <summary>
    /// Unlinks the files. The handle of the log file stays open, because a fetch may still send its bytes and the readers are not counted. The
    /// finalizer closes the handle after the last <see cref="FileSlice"/> is gone, and the system then frees the space.
    /// </summary>
    public void Delete()
    {
        File.Delete(_path);
        _index.Delete();
    }

    /// <summary>
    /// Releases a segment whose files were replaced. The handle of the log file stays open for readers, as after <see cref="Delete"/>.
    /// </summary>
    public void Retire() => _index.Dispose();

    /// <summary>Closes the files even if they are being read. Call it when readers no longer need them.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _index.Dispose();
    }

    private void Extend(in BatchHeader header)
    {
        var position = Length;
        if (position == 0) FirstTimestamp = header.MaxTimestamp;
        Extent = Extent.With(header);
        _index.Add(header.LastOffset, position, Extent);
    }

    private bool Scan(long offset, Func<BatchHeader, bool> wanted, out (BatchHeader Header, long Position) batch)
    {
        batch = default;
        using var window = new FileWindow(_file, Length, ScanBytes);
        var position = PositionBefore(offset, window);
        for (; window.TryBatch(position, wholeBatch: false, out var header, out _); position += header.Bytes)
        {
            if (!wanted(header)) continue;
            batch = (header, position);
            return true;
        }
        return position < Length ? throw Damaged(position) : false;
    }

    // An index entry contains the last offset of the batch it points to. If that does not match, the index is damaged and is rebuilt.
    private long PositionBefore(long offset, FileWindow window)
    {
        var (lastOffset, position) = _index.Before(offset);
        if (position == 0 || PointsToBatch(lastOffset, position, window)) return position;
        Reindex();
        return _index.Before(offset).Position;
    }

    private static bool PointsToBatch(long lastOffset, long position, FileWindow window) =>
        window.TryBatch(position, wholeBatch: false, out var header, out _) && header.LastOffset == lastOffset;
}
