namespace Cdp.LocalKafka.Log.Segments;

/// <summary>
/// The sparse indexes of one segment in Kafka's formats (OffsetIndex and TimeIndex). <c>.index</c> maps the last offset of a batch to the position of
/// the batch; <c>.timeindex</c> maps the largest timestamp so far to the last offset of the batch that contains it. Offsets in both are relative to
/// the segment's base offset. The log is authoritative: a damaged index is rebuilt from it.
/// </summary>
internal sealed class SegmentIndex(string logPath, long baseOffset, int intervalBytes) : IDisposable
{
    private readonly IndexFile _offsets = new(Path.ChangeExtension(logPath, ".index"), sizeof(int));
    private readonly IndexFile _times = new(Path.ChangeExtension(logPath, ".timeindex"), sizeof(long));

    /// <summary>The last indexed batch. For an empty index: the start of the segment.</summary>
    public (long LastOffset, long Position) Last => _offsets.Last is { } last ? At(last) : (baseOffset, 0);

    /// <summary>The largest indexed timestamp and the offset it maps to. (-1, base offset) if there is none.</summary>
    public (long Timestamp, long Offset) LastTime => _times.Last is { } last ? (last.Key, baseOffset + last.Value) : (-1, baseOffset);

    /// <summary>Loads the files, up to <paramref name="length"/> bytes of the log. Returns false if they are missing or obviously wrong.</summary>
    public bool TryLoad(long length, long nextOffset)
    {
        if (!_offsets.TryLoad() || !_times.TryLoad()) return false;
        var inside = _offsets.CountWhile(entry => entry.Value < length);
        if (inside < _offsets.Count) _offsets.Truncate(inside);
        var known = _times.CountWhile(entry => baseOffset + entry.Value < nextOffset);
        if (known < _times.Count) _times.Truncate(known);
        return Last.Position >= 0 && Last.LastOffset >= baseOffset && LastTime.Offset >= baseOffset && (_times.Count > 0 || _offsets.Count == 0);
    }

    /// <summary>Whether either file has reached <c>segment.index.bytes</c>. The time index keeps room for its final entry.</summary>
    public bool IsFull(int maxBytes) => _offsets.Count >= maxBytes / 8 || _times.Count >= (maxBytes / 12) - 1;

    /// <summary>Adds the batch at <paramref name="position"/> if it is far enough from the last indexed batch.</summary>
    /// <param name="lastOffset">The last offset of the batch.</param>
    /// <param name="position">The position of the batch in the log file.</param>
    /// <param name="extent">The extent of the segment including this batch.</param>
    public void Add(long lastOffset, long position, in SegmentExtent extent)
    {
        if (position - Last.Position <= intervalBytes) return;
        _offsets.Add(new IndexEntry(lastOffset - baseOffset, (int)position));
        AddTime(extent);
    }

    /// <summary>The last indexed batch whose last offset is at or before <paramref name="offset"/>.</summary>
    public (long LastOffset, long Position) Before(long offset)
    {
        var count = _offsets.CountWhile(entry => entry.Key <= offset - baseOffset);
        return count == 0 ? (baseOffset, 0) : At(_offsets[count - 1]);
    }

    /// <summary>An offset before which no record has <paramref name="timestamp"/> or a later one.</summary>
    public long BeforeTime(long timestamp)
    {
        var count = _times.CountWhile(entry => entry.Key <= timestamp);
        return count == 0 ? baseOffset : baseOffset + _times[count - 1].Value;
    }

    /// <summary>The offset of the next indexed batch at or after <paramref name="position"/>. Null after the last one.</summary>
    public long? From(long position)
    {
        var count = _offsets.CountWhile(entry => entry.Value < position);
        return count == _offsets.Count ? null : baseOffset + _offsets[count].Key;
    }

    /// <summary>Completes and writes the indexes of a full segment. The last time entry contains the segment's largest timestamp.</summary>
    public void Seal(in SegmentExtent extent)
    {
        AddTime(extent);
        Write();
        _offsets.Flush();
        _times.Flush();
    }

    public void Write()
    {
        _offsets.Write();
        _times.Write();
    }

    public void Clear()
    {
        _offsets.Truncate(0);
        _times.Truncate(0);
    }

    public void Delete()
    {
        _offsets.Delete();
        _times.Delete();
    }

    public void Dispose()
    {
        _offsets.Dispose();
        _times.Dispose();
    }

    private (long, long) At(IndexEntry entry) => (baseOffset + entry.Key, entry.Value);

    private void AddTime(in SegmentExtent extent)
    {
        if (extent.MaxTimestamp > LastTime.Timestamp) _times.Add(new IndexEntry(extent.MaxTimestamp, (int)(extent.MaxTimestampOffset - baseOffset)));
    }
}
