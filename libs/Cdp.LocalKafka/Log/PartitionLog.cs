using Cdp.LocalKafka.Log.Compaction;
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
    private readonly LogSettings _settings;
    private readonly List<Segment> _segments = [];
    private readonly Dictionary<long, ProducerState> _producers = [];
    private readonly TransactionIndex _transactions = new();
    private readonly List<AppendSignal> _watchers = [];
    private bool _closed;

    private PartitionLog(string directory, int partition, LogSettings settings)
    {
        _directory = directory;
        Partition = partition;
        _settings = settings;
    }

    public int Partition { get; }

    /// <summary>First offset that can be read.</summary>
    public long StartOffset { get { lock (_lock) return _segments[0].BaseOffset; } }

    /// <summary>Offset the next record gets.</summary>
    public long HighWatermark { get { lock (_lock) return End; } }

    /// <summary>Everything before it is decided: where read_committed ends (KIP-98).</summary>
    public long LastStableOffset { get { lock (_lock) return Stable; } }

    private Segment Active => _segments[^1];
    private long End => Active.NextOffset;
    private long Stable => _transactions.FirstOpen ?? End;

    /// <summary>Opens the log in <paramref name="directory"/>, or begins it; producers and transactions are rebuilt from the batches.</summary>
    public static PartitionLog Open(string directory, int partition, LogSettings settings)
    {
        Directory.CreateDirectory(directory);
        var log = new PartitionLog(directory, partition, settings);
        var paths = Directory.GetFiles(directory, "*" + Segment.Extension);
        Array.Sort(paths, StringComparer.Ordinal);
        foreach (var path in paths) log._segments.Add(Segment.Open(path, isLast: path == paths[^1], log.Replay));
        if (log._segments.Count == 0) log._segments.Add(Segment.Create(directory, 0));
        return log;
    }

    /// <summary>Batches from the one that holds <paramref name="offset"/> on, and what a consumer must know beside them.</summary>
    /// <param name="wholeFirst">Whether <paramref name="maxBytes"/> gives way to a first batch that alone is larger.</param>
    public LogRead Read(long offset, int maxBytes, bool wholeFirst, bool committedOnly)
    {
        lock (_lock)
        {
            var until = committedOnly ? Stable : End;
            var read = new LogRead(ErrorCode.None, LogSlice.Empty, End, Stable, _segments[0].BaseOffset, committedOnly ? [] : null);
            if (_closed) return read with { Error = ErrorCode.NotLeaderOrFollower };
            if (offset < _segments[0].BaseOffset || offset > End) return read with { Error = ErrorCode.OffsetOutOfRange };
            if (offset >= until) return read;
            var (slice, sliceUntil) = SegmentOf(offset).SliceFrom(offset, until, maxBytes, wholeFirst);
            return read with { Slice = slice, Aborted = committedOnly ? _transactions.AbortedIn(offset, sliceUntil) : null };
        }
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

    /// <summary>Closes the files and refuses further appends and reads; with <paramref name="flush"/> what is written is forced to the disk first.</summary>
    public void Close(bool flush)
    {
        lock (_lock)
        {
            if (_closed) return;
            if (flush) Active.Flush();
            _closed = true;
            foreach (var segment in _segments) segment.Dispose();
            foreach (var watcher in _watchers) watcher.Set();
        }
    }

    public void Delete()
    {
        Close(flush: false);
        Directory.Delete(_directory, recursive: true);
    }

    // The segment with the batch that holds the offset or, where a cleaning took it, with the next batch after it.
    private Segment SegmentOf(long offset)
    {
        var (low, high) = (0, _segments.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_segments[middle].BaseOffset <= offset) low = middle;
            else high = middle - 1;
        }
        while (low < _segments.Count - 1 && (_segments[low].NextOffset <= offset || _segments[low].Length == 0)) low++;
        return _segments[low];
    }
}

/// <summary>What the logs of one topic go by.</summary>
/// <param name="Time">Stamps the broker's own records, and all records of topics with log-append time.</param>
/// <param name="FlushEveryAppend">Whether an append is on the disk, not only in the system's cache, before it is answered.</param>
internal sealed record LogSettings(TimeProvider Time, bool FlushEveryAppend, int MaxMessageBytes, int SegmentBytes, bool LogAppendTime)
{
    /// <summary>Whether <c>cleanup.policy</c> contains compact, so that every record needs a key.</summary>
    public bool Compact { get; init; }

    /// <summary>The codec that batches are stored in; null for the producer's own.</summary>
    public Codec? Compression { get; init; }
}

/// <summary>The answer to a read: a slice of a segment file and the offsets around it. <see cref="Aborted"/> is null for read_uncommitted.</summary>
internal readonly record struct LogRead(
    ErrorCode Error, LogSlice Slice, long HighWatermark, long LastStableOffset, long StartOffset, List<AbortedTransaction>? Aborted);
