using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Log.Partitions;

internal sealed partial class PartitionLog
{
    /// <summary>Decodes the records from offset <paramref name="from"/>. For the broker's own topics, whose batches are never compressed.</summary>
    public IEnumerable<LoggedRecord> Records(long from)
    {
        for (var next = from; NextBatch(next) is { } batch; next = batch.Header.LastOffset + 1)
            foreach (var record in RecordReader.Read(batch.Header, batch.Bytes))
                if (record.Offset >= from) yield return record;
    }

    /// <summary>The first record with a timestamp of at least <paramref name="timestamp"/> in Unix milliseconds, or null.</summary>
    public (long Offset, long Timestamp)? FirstAt(long timestamp)
    {
        lock (_lock)
        {
            if (_closed) return null;
            foreach (var segment in _segments)
            {
                if (segment.MaxTimestamp < timestamp) continue;

                // A batch whose header promises such a record may have it before the log's start, or may have lost it to a cleaning.
                for (var from = _start; segment.TryLocateTime(timestamp, from, out var found); from = found.Header.LastOffset + 1)
                    if (InBatch(found.Header, segment.ReadBatch(found.Header, found.Position), timestamp) is { } record) return record;
            }
            return null;
        }
    }

    /// <summary>The first record with the largest timestamp of the log, or null if the log is empty (KIP-734).</summary>
    public (long Offset, long Timestamp)? Newest()
    {
        lock (_lock)
        {
            if (_closed) return null;
            var newest = _segments[0];
            foreach (var segment in _segments) if (segment.MaxTimestamp > newest.MaxTimestamp) newest = segment;
            if (newest.MaxTimestamp < 0 || !newest.TryLocateTime(newest.MaxTimestamp, _start, out var found)) return null;
            return InBatch(found.Header, newest.ReadBatch(found.Header, found.Position), newest.MaxTimestamp);
        }
    }

    private (long Offset, long Timestamp)? InBatch(BatchHeader header, byte[] batch, long timestamp)
    {
        foreach (var record in BatchRecords.Read(header, batch))
            if (record.Timestamp >= timestamp && record.Offset >= _start) return (record.Offset, record.Timestamp);
        return null;
    }

    private (BatchHeader Header, byte[] Bytes)? NextBatch(long from)
    {
        lock (_lock)
        {
            for (var i = SegmentAt(from); i < _segments.Count; i++)
                if (_segments[i].TryLocate(from, out var found)) return (found.Header, _segments[i].ReadBatch(found.Header, found.Position));
            return null;
        }
    }
}
