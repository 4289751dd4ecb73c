namespace Cdp.LocalKafka.Log;

/// <summary>
/// The sparse indexes of one segment in Kafka's own formats (its OffsetIndex and TimeIndex): <c>.index</c> leads from the last offset of a
/// batch to the batch's position, <c>.timeindex</c> from the largest timestamp so far to the last offset of the batch that brought it.
/// Offsets in both are relative to the segment's first. The log itself is the truth: whatever is wrong here is made anew from it.
/// </summary>
internal sealed class SegmentIndex(string logPath, long baseOffset, int intervalBytes) : IDisposable
{
    private readonly IndexFile _offsets = new(Path.ChangeExtension(logPath, ".index"), sizeof(int));
    private readonly IndexFile _times = new(Path.ChangeExtension(logPath, ".timeindex"), sizeof(long));

    /// <summary>The indexed batch that begins last; of an empty index the segment's begin.</summary>
    public (long LastOffset, long Position) Last => _offsets.Last is { } last ? At(last) : (baseOffset, 0);

    /// <summary>The largest timestamp that is indexed and the offset it leads to; (-1, first offset) when there is none.</summary>
    public (long Timestamp, long Offset) LastTime => _times.Last is { } last ? (last.Key, baseOffset + last.Value) : (-1, baseOffset);

    /// <summary>Takes over the files, up to <paramref name="length"/> bytes of the log. False when they are missing or cannot be right.</summary>
    public bool TryLoad(long length, long nextOffset)
    {
        if (!_offsets.TryLoad() || !_times.TryLoad()) return false;
        var inside = _offsets.CountWhile(entry => entry.Value < length);
        if (inside < _offsets.Count) _offsets.Truncate(inside);
        var known = _times.CountWhile(entry => baseOffset + entry.Value < nextOffset);
        if (known < _times.Count) _times.Truncate(known);
        return Last.Position >= 0 && Last.LastOffset >= baseOffset && LastTime.Offset >= baseOffset && (_times.Count > 0 || _offsets.Count == 0);
    }

    /// <summary>Whether either file is as large as <c>segment.index.bytes</c> lets it be; the time index keeps room for its last entry.</summary>
    public bool IsFull(int maxBytes) => _offsets.Count >= maxBytes / 8 || _times.Count >= (maxBytes / 12) - 1;

    /// <summary>Notes a batch at <paramref name="position"/>, if enough bytes lie between it and the last one noted.</summary>
    /// <param name="extent">The segment with this batch.</param>
    public void Add(long lastOffset, long position, in SegmentExtent extent)
    {
        if (position - Last.Position <= intervalBytes) return;
        _offsets.Add(new IndexEntry(lastOffset - baseOffset, (int)position));
        AddTime(extent);
    }

    /// <summary>The indexed batch at or last before <paramref name="offset"/>.</summary>
    public (long LastOffset, long Position) Before(long offset)
    {
        var count = _offsets.CountWhile(entry => entry.Key <= offset - baseOffset);
        return count == 0 ? (baseOffset, 0) : At(_offsets[count - 1]);
    }

    /// <summary>An offset before which no record has <paramref name="timestamp"/> or later.</summary>
    public long BeforeTime(long timestamp)
    {
        var count = _times.CountWhile(entry => entry.Key <= timestamp);
        return count == 0 ? baseOffset : baseOffset + _times[count - 1].Value;
    }

    /// <summary>An offset that is not before <paramref name="position"/>, the next one that is indexed; null behind the last.</summary>
    public long? From(long position)
    {
        var count = _offsets.CountWhile(entry => entry.Value < position);
        return count == _offsets.Count ? null : baseOffset + _offsets[count].Key;
    }

    /// <summary>Completes and writes the files of a segment that is full: the last time entry tells its largest timestamp.</summary>
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
