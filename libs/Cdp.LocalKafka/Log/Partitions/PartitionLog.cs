using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>
/// The log of one partition: record batches in segment files, stored as received. With a single node there are no followers, so appended records are
/// below the high watermark at once. Thread-safe; each log has one lock.
/// </summary>
internal sealed partial class PartitionLog
{
    private readonly Lock _lock = new();
    private readonly string _directory;
    private LogSettings _settings;
    private readonly List<Segment> _segments = [];
    private readonly TransactionIndex _transactions = new();
    private readonly List<AppendSignal> _watchers = [];
    private long _start;
    private bool _closed;

    private PartitionLog(string directory, int partition, LogSettings settings)
    {
        _directory = directory;
        Partition = partition;
        _settings = settings;
        _checkpoint = new CheckpointFile(directory);
        _flushedAt = Now;
    }

    public int Partition { get; }

    /// <summary>The first offset that can be read.</summary>
    public long StartOffset { get { lock (_lock) return _start; } }

    /// <summary>The offset that the next record gets.</summary>
    public long HighWatermark { get { lock (_lock) return End; } }

    /// <summary>The end of the log for read_committed consumers: all transactions before it have ended (KIP-98).</summary>
    public long LastStableOffset { get { lock (_lock) return Stable; } }

    private Segment Active => _segments[^1];
    private long End => Active.NextOffset;
    private long Stable => _transactions.FirstOpen is { } open ? Math.Max(open, _start) : End;

    /// <summary>Reads batches, starting with the one that contains <paramref name="offset"/>.</summary>
    /// <param name="offset">The first offset to read.</param>
    /// <param name="maxBytes">The most bytes to return.</param>
    /// <param name="wholeFirst">Whether to return the first batch even if it exceeds <paramref name="maxBytes"/>.</param>
    /// <param name="committedOnly">Whether to end at the last stable offset and to list aborted transactions.</param>
    public LogRead Read(long offset, int maxBytes, bool wholeFirst, bool committedOnly)
    {
        lock (_lock)
        {
            var until = committedOnly ? Stable : End;
            var read = new LogRead(ErrorCode.None, FileSlice.Empty, End, Stable, _start, committedOnly ? [] : null);
            if (_closed) return read with { Error = ErrorCode.NotLeaderOrFollower };
            if (offset < _start || offset > End) return read with { Error = ErrorCode.OffsetOutOfRange };
            if (offset >= until) return read;

            // A cleaning may have removed the last offsets of a segment, or all of them. The records then start in a later segment.
            var at = SegmentAt(offset);
            while (at < _segments.Count - 1 && (offset >= _segments[at].NextOffset || _segments[at].Length == 0)) at++;
            var (slice, sliceUntil) = _segments[at].SliceFrom(offset, until, maxBytes, wholeFirst);
            return read with { Slice = slice, Aborted = committedOnly ? _transactions.AbortedIn(offset, sliceUntil) : null };
        }
    }

    /// <summary>Replaces the settings. What is already stored does not change.</summary>
    public void Configure(LogSettings settings)
    {
        lock (_lock) _settings = settings;
    }

    /// <summary>Sets <paramref name="signal"/> on every append until <see cref="Unwatch"/>.</summary>
    public void Watch(AppendSignal signal)
    {
        lock (_lock) _watchers.Add(signal);
    }

    public void Unwatch(AppendSignal signal)
    {
        lock (_lock) _watchers.Remove(signal);
    }

    /// <summary>Closes the files. Later appends and reads fail.</summary>
    /// <param name="flush">Whether to flush everything to disk, so that the next start does not have to read it.</param>
    public void Close(bool flush)
    {
        lock (_lock)
        {
            if (_closed) return;
            if (flush) SaveAtEnd();
            _closed = true;
            foreach (var segment in _segments) segment.Dispose();
            foreach (var watcher in _watchers) watcher.Set();
        }
    }

    public void Delete()
    {
        Close(flush: false);
        lock (_cleaning) Directory.Delete(_directory, recursive: true);
    }

    private int SegmentAt(long offset)
    {
        var (low, high) = (0, _segments.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_segments[middle].BaseOffset <= offset) low = middle;
            else high = middle - 1;
        }
        return low;
    }
}

/// <summary>The result of a read: a slice of a segment file and the offsets of the log. <see cref="Aborted"/> is null for read_uncommitted.</summary>
internal readonly record struct LogRead(
    ErrorCode Error, FileSlice Slice, long HighWatermark, long LastStableOffset, long StartOffset, List<AbortedTransaction>? Aborted);
