namespace Cdp.LocalKafka.Log;

internal sealed partial class PartitionLog
{
    /// <summary>The records from <paramref name="from"/> on, decoded: for the broker's own topics, whose batches are never compressed.</summary>
    public IEnumerable<LoggedRecord> Records(long from)
    {
        for (var next = from; NextBatch(next) is { } batch; next = batch.Header.LastOffset + 1)
            foreach (var record in RecordReader.Read(batch.Header, batch.Bytes))
                if (record.Offset >= from) yield return record;
    }

    /// <summary>The first record at or after <paramref name="timestamp"/>, or null. In a compressed batch the batch's first record stands for it.</summary>
    public (long Offset, long Timestamp)? FirstAt(long timestamp)
    {
        lock (_lock)
        {
            if (_closed) return null;
            foreach (var segment in _segments)
            {
                if (segment.MaxTimestamp < timestamp || !segment.TryLocateTime(timestamp, out var found)) continue;
                return InBatch(segment, found.Header, found.Position, timestamp);
            }
            return null;
        }
    }

    /// <summary>The first record with the largest timestamp of the log, or null when it is empty (KIP-734).</summary>
    public (long Offset, long Timestamp)? Newest()
    {
        lock (_lock)
        {
            if (_closed) return null;
            var newest = _segments[0];
            foreach (var segment in _segments) if (segment.MaxTimestamp > newest.MaxTimestamp) newest = segment;
            if (newest.MaxTimestamp < 0 || !newest.TryLocateTime(newest.MaxTimestamp, out var found)) return null;
            return InBatch(newest, found.Header, found.Position, newest.MaxTimestamp);
        }
    }

    private static (long Offset, long Timestamp) InBatch(Segment segment, BatchHeader header, long position, long timestamp)
    {
        if (header.IsLogAppendTime) return (header.BaseOffset, header.MaxTimestamp);
        if (header.IsCompressed) return (header.BaseOffset, header.BaseTimestamp);
        var records = RecordReader.Read(header, segment.ReadBatch(header, position));
        var at = records.FindIndex(r => r.Timestamp >= timestamp);
        // A producer's head may promise a later time than any record has; then the batch is all that can be pointed at.
        return at < 0 ? (header.BaseOffset, header.MaxTimestamp) : (records[at].Offset, records[at].Timestamp);
    }

    private (BatchHeader Header, byte[] Bytes)? NextBatch(long from)
    {
        lock (_lock)
        {
            if (from >= End || !SegmentOf(from).TryLocate(from, out var found)) return null;
            return (found.Header, SegmentOf(from).ReadBatch(found.Header, found.Position));
        }
    }
}
