using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>When appended records are flushed before their segment is full: <c>flush.messages</c> and <c>flush.ms</c>.</summary>
internal sealed partial class PartitionLog
{
    private long _flushedTo;
    private long _flushedAt;

    /// <summary>How long records may stay unflushed, in milliseconds. <see cref="long.MaxValue"/>: until their segment is full.</summary>
    public long FlushMs { get { lock (_lock) return _settings.FlushMs; } }

    /// <summary>
    /// Flushes records that were appended <c>flush.ms</c> ago. Needed for logs without further appends, which would otherwise trigger the flush.
    /// The log's lock is not held during the flush.
    /// </summary>
    public void FlushIfDue()
    {
        Segment active;
        long end;
        lock (_lock)
        {
            if (_closed || !TimeToFlush) return;
            (active, end) = (Active, End);
        }
        active.Flush();
        lock (_lock) Flushed(end);
    }

    /// <summary>The number of records that may not be on disk yet.</summary>
    public long Unflushed { get { lock (_lock) return End - Math.Max(_flushedTo, Active.BaseOffset); } }

    private bool TimeToFlush => _settings.FlushMs < long.MaxValue && Unflushed > 0 && Now - _flushedAt >= _settings.FlushMs;

    private void FlushIfRequired()
    {
        if (!_settings.FlushEveryAppend && Unflushed < _settings.FlushMessages && !TimeToFlush) return;
        Active.Flush();
        Flushed(End);
    }

    private void Flushed(long end)
    {
        _flushedTo = Math.Max(_flushedTo, end);
        if (_settings.FlushMs < long.MaxValue) _flushedAt = Now;
    }
}
