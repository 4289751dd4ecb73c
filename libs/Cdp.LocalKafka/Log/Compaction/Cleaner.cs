using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// Compacts the closed segments of a log into new files next to them, keeping the last record of each key. It reads every batch at most twice, one at
/// a time. Memory is bounded by the <see cref="OffsetMap"/> and one decompressed batch. The log is unchanged until the files are swapped in.
/// Equivalent to Kafka's Cleaner, for batches v2.
/// </summary>
internal static class Cleaner
{
    private const int WriteBufferBytes = 256 * 1024;

    /// <exception cref="InvalidDataException">A batch cannot be read. No files are left behind. As in Kafka, the log should not be cleaned again.</exception>
    /// <exception cref="OperationCanceledException">The cleaning was canceled. No files are left behind.</exception>
    public static CleaningResult Clean(CleaningJob job, CancellationToken cancel)
    {
        var map = new OffsetMap(job.MaxKeys);
        MapDirty(job, map, cancel);
        if (map.LastOffset < job.FirstDirty) return new CleaningResult(job.FirstDirty, CleanedUntil: 0, [], []);

        var transactions = new CleanedTransactions(job.Aborted);
        var filter = new RecordFilter(job, map, transactions);
        var cleaned = new List<CleanedSegment>();
        try
        {
            foreach (var group in SegmentGroups.Of(job.Segments.TakeWhile(segment => segment.BaseOffset <= map.LastOffset), job.SegmentBytes))
                cleaned.Add(Rewrite(group, SegmentSwap.CleanedPath(job.Directory, group[0].BaseOffset), filter, cancel));
        }
        catch
        {
            foreach (var segment in cleaned) File.Delete(segment.Path);
            throw;
        }
        return new CleaningResult(map.LastOffset + 1, cleaned[^1].EndOffset, cleaned, transactions.Kept);
    }

    private static void MapDirty(CleaningJob job, OffsetMap map, CancellationToken cancel)
    {
        var transactions = new CleanedTransactions(job.Aborted.Where(transaction => transaction.LastOffset >= job.FirstDirty));
        foreach (var segment in job.Segments.Where(segment => segment.EndOffset > job.FirstDirty))
        {
            using var window = new FileWindow(segment.File, segment.Length);
            var position = 0L;
            for (; window.TryBatch(position, wholeBatch: true, out var header, out var batch); position += header.Bytes)
            {
                cancel.ThrowIfCancellationRequested();
                if (header.LastOffset < job.FirstDirty) continue;
                if (!AddKeys(job.FirstDirty, map, transactions, header, batch)) return;
                map.MarkScanned(header.LastOffset);
            }
            CheckEnd(segment, position);
            map.MarkScanned(segment.EndOffset - 1); // there are no records between its last batch and the next segment
        }
    }

    // Returns false when the map is full.
    private static bool AddKeys(long firstDirty, OffsetMap map, CleanedTransactions transactions, in BatchHeader header, ReadOnlySpan<byte> batch)
    {
        if (header.IsControl) transactions.IsObsoleteMarker(header, batch);
        else if (!transactions.IsAborted(header))
        {
            foreach (var record in BatchRecords.Read(header, batch))
                if (record.Key is { } key && record.Offset >= firstDirty && !map.TryPut(key.Span, record.Offset)) return false;
        }
        return true;
    }

    private static CleanedSegment Rewrite(List<ClosedSegment> group, string path, RecordFilter filter, CancellationToken cancel)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, WriteBufferBytes);
            foreach (var segment in group)
            {
                using var window = new FileWindow(segment.File, segment.Length);
                var position = 0L;
                for (; window.TryBatch(position, wholeBatch: true, out var header, out var batch); position += header.Bytes)
                {
                    cancel.ThrowIfCancellationRequested();
                    file.Write(filter.Retained(header, batch));
                }
                CheckEnd(segment, position);
            }
            // The data must be on disk before the rename, because the new name makes the file replace its predecessors.
            file.Flush(flushToDisk: true);
            File.SetLastWriteTimeUtc(file.SafeFileHandle, File.GetLastWriteTimeUtc(group[^1].File)); // retention uses it for records without timestamps
            return new CleanedSegment(path, file.Length, group);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static void CheckEnd(ClosedSegment segment, long position)
    {
        if (position < segment.Length)
            throw new InvalidDataException($"the segment that begins at offset {segment.BaseOffset} is damaged at byte {position}");
    }
}
