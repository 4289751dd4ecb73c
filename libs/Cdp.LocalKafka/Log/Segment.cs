using Cdp.LocalKafka.Log.Compaction;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log;

/// <summary>
/// One file of a partition's log, named by the offset it begins at, with its indexes beside it. Writes and lookups happen under the log's
/// lock; the bytes of a <see cref="LogSlice"/> are read outside it.
/// </summary>
internal sealed partial class Segment : IDisposable
{
    public const string Extension = ".log";

    // What a lookup reads at once behind an index entry: as far as the default index.interval.bytes lets it scan.
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

    /// <summary>Largest record timestamp in the file, or -1 when it is empty.</summary>
    public long MaxTimestamp => Extent.MaxTimestamp;

    /// <summary>What retention takes for the age of the records: the time of the last write when they bear no timestamps.</summary>
    public long LargestTimestamp => MaxTimestamp >= 0 ? MaxTimestamp : new DateTimeOffset(File.GetLastWriteTimeUtc(_path)).ToUnixTimeMilliseconds();

    /// <summary>Largest timestamp of the first batch; -1 as long as there is none.</summary>
    public long FirstTimestamp { get; private set; } = -1;

    /// <summary>
    /// Whether a batch belongs into a new segment: by size, by time, or because its offset or an index entry would not fit (Kafka's
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

    /// <summary>Forces what is appended to the disk. Callable without the log's lock: then what is appended meanwhile may stay behind.</summary>
    public void Flush()
    {
        var length = Length;
        if (Volatile.Read(ref _flushed) >= length) return;
        RandomAccess.FlushToDisk(_file);
        Volatile.Write(ref _flushed, length);
    }

    /// <summary>Makes a full segment durable and its indexes complete; nothing is appended to it any more.</summary>
    public void Seal()
    {
        // A write that failed half way (the disk was full) left bytes behind the last batch; in a full segment they would be damage.
        if (RandomAccess.GetLength(_file) > Length) RandomAccess.SetLength(_file, Length);
        Flush();
        _index.Seal(Extent);
    }

    public void WriteIndex() => _index.Write();

    /// <summary>
    /// Everything from the batch that holds <paramref name="offset"/> to the one that holds <paramref name="until"/>, at most
    /// <paramref name="maxBytes"/>.
    /// </summary>
    /// <param name="wholeFirst">Whether the first batch is given even when it alone is larger, so that a consumer gets on.</param>
    /// <returns>The slice and the offset its last byte is sure to lie before.</returns>
    public (LogSlice Slice, long Until) SliceFrom(long offset, long until, int maxBytes, bool wholeFirst)
    {
        if (!TryLocate(offset, out var first) || first.Header.BaseOffset >= until) return (LogSlice.Empty, offset);
        if (first.Header.Bytes > maxBytes && !wholeFirst) return (LogSlice.Empty, offset);
        var end = until >= NextOffset || !TryLocate(until, out var limit) ? Length : limit.Position;
        var length = Math.Min(end - first.Position, Math.Max(maxBytes, first.Header.Bytes));
        return (new LogSlice(_file, first.Position, (int)length), Math.Min(until, _index.From(first.Position + length) ?? NextOffset));
    }

    /// <summary>Finds the batch that holds <paramref name="offset"/>, or the next one after it.</summary>
    public bool TryLocate(long offset, out (BatchHeader Header, long Position) batch) =>
        Scan(offset, header => header.LastOffset >= offset, out batch);

    /// <summary>Finds the first batch that reaches to <paramref name="from"/> and has a record at or after <paramref name="timestamp"/>.</summary>
    public bool TryLocateTime(long timestamp, long from, out (BatchHeader Header, long Position) batch) =>
        Scan(Math.Max(from, _index.BeforeTime(timestamp)), header => header.MaxTimestamp >= timestamp && header.LastOffset >= from, out batch);

    /// <summary>What a cleaning needs of it, when it takes no more batches; <paramref name="endOffset"/> is the next one's first.</summary>
    public ClosedSegment Closed(long endOffset) => new(_file, Length, BaseOffset, endOffset);

    public byte[] ReadBatch(BatchHeader header, long position)
    {
        var batch = new byte[header.Bytes];
        new LogSlice(_file, position, header.Bytes).Read(0, batch);
        return batch;
    }

    /// <summary>
    /// Unlinks the files. The log's handle is left open, for a fetch may be sending its bytes and nobody counts them: it is closed by its
    /// finalizer when the last <see cref="LogSlice"/> is gone, and the system frees the space then.
    /// </summary>
    public void Delete()
    {
        File.Delete(_path);
        _index.Delete();
    }

    /// <summary>
    /// Lets go of files that others have taken the place of. The log's handle stays with those who still read from it, as after
    /// <see cref="Delete"/>.
    /// </summary>
    public void Retire() => _index.Dispose();

    /// <summary>Closes the files, under readers too: what they still want of it is gone.</summary>
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

    // The entry names the batch it leads to; one that lies was damaged on disk, and the index is made anew.
    private long PositionBefore(long offset, FileWindow window)
    {
        var (lastOffset, position) = _index.Before(offset);
        if (position == 0 || Leads(lastOffset, position, window)) return position;
        Reindex();
        return _index.Before(offset).Position;
    }

    private static bool Leads(long lastOffset, long position, FileWindow window) =>
        window.TryBatch(position, wholeBatch: false, out var header, out _) && header.LastOffset == lastOffset;
}
