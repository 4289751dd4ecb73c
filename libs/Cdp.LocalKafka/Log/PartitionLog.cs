using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>
/// The log of one partition: record batches in segment files, stored as received. One node has no followers, so what is appended is
/// at once below the high watermark. Thread-safe; one lock each.
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

    /// <summary>First offset that can be read.</summary>
    public long StartOffset { get { lock (_lock) return _start; } }

    /// <summary>Offset the next record gets.</summary>
    public long HighWatermark { get { lock (_lock) return End; } }

    /// <summary>Everything before it is decided: where read_committed ends (KIP-98).</summary>
    public long LastStableOffset { get { lock (_lock) return Stable; } }

    private Segment Active => _segments[^1];
    private long End => Active.NextOffset;
    private long Stable => _transactions.FirstOpen is { } open ? Math.Max(open, _start) : End;

    /// <summary>Batches from the one that holds <paramref name="offset"/> on, and what a consumer must know beside them.</summary>
    /// <param name="wholeFirst">Whether <paramref name="maxBytes"/> gives way to a first batch that alone is larger.</param>
    public LogRead Read(long offset, int maxBytes, bool wholeFirst, bool committedOnly)
    {
        lock (_lock)
        {
            var until = committedOnly ? Stable : End;
            var read = new LogRead(ErrorCode.None, LogSlice.Empty, End, Stable, _start, committedOnly ? [] : null);
            if (_closed) return read with { Error = ErrorCode.NotLeaderOrFollower };
            if (offset < _start || offset > End) return read with { Error = ErrorCode.OffsetOutOfRange };
            if (offset >= until) return read;

            // The last offsets of a compacted segment may be gone, or all of one; then what is wanted begins with the next.
            var at = SegmentAt(offset);
            while (at < _segments.Count - 1 && (offset >= _segments[at].NextOffset || _segments[at].Length == 0)) at++;
            var (slice, sliceUntil) = _segments[at].SliceFrom(offset, until, maxBytes, wholeFirst);
            return read with { Slice = slice, Aborted = committedOnly ? _transactions.AbortedIn(offset, sliceUntil) : null };
        }
    }

    /// <summary>Goes by other settings from now on; what is stored stays as it is.</summary>
    public void Configure(LogSettings settings)
    {
        lock (_lock) _settings = settings;
    }

    /// <summary>Tells <paramref name="signal"/> of every append until <see cref="Unwatch"/>.</summary>
    public void Watch(AppendSignal signal)
    {
        lock (_lock) _watchers.Add(signal);
    }

    public void Unwatch(AppendSignal signal)
    {
        lock (_lock) _watchers.Remove(signal);
    }

    /// <summary>Closes the files and refuses further appends and reads.</summary>
    /// <param name="flush">Whether all is forced to the disk, so that the next start need not read it.</param>
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

/// <summary>The answer to a read: a slice of a segment file and the offsets around it. <see cref="Aborted"/> is null for read_uncommitted.</summary>
internal readonly record struct LogRead(
    ErrorCode Error, LogSlice Slice, long HighWatermark, long LastStableOffset, long StartOffset, List<AbortedTransaction>? Aborted);
