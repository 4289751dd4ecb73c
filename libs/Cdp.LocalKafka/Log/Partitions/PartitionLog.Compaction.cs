using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>How the log of a compacted topic removes records that are superseded by later records of the same key.</summary>
internal sealed partial class PartitionLog
{
    private readonly Lock _cleaning = new(); // taken before the log's own lock
    private long? _firstDirty;
    private bool _swapping;
    private bool _uncleanable;

    /// <summary>
    /// Whether the log should be cleaned now, and how urgently. Null if its topic is not compacted. As in Kafka, a log that could not be read, or
    /// whose files could not be swapped, is not cleaned again until it is reopened.
    /// </summary>
    public Cleanability? Cleanability
    {
        get
        {
            lock (_lock)
                return _closed || _uncleanable || !_settings.Compact ? null : Compaction.Cleanability.Of(Shape, _firstDirty, _settings.Cleaning, Now);
        }
    }

    /// <summary>
    /// Compacts the segments before the active one. The log's lock is held only while segments are selected and while files are swapped. The result
    /// is discarded if retention, DeleteRecords or a config change interfered meanwhile. Memory: that of the <see cref="Cleaner"/>, at most about 50 MB and one
    /// batch, and the new indexes, 8 MB for each GB of new segments.
    /// </summary>
    /// <param name="run">Carries out one step of the swap on disk.</param>
    /// <param name="cancel">Cancels the cleaning and leaves the log unchanged.</param>
    /// <exception cref="InvalidDataException">The log is damaged. It is unchanged.</exception>
    /// <exception cref="ObjectDisposedException">The log was closed meanwhile.</exception>
    public void Clean(Action<SwapStep> run, CancellationToken cancel)
    {
        lock (_cleaning)
        {
            if (Job() is not { } job) return;
            try
            {
                SwapIn(job, Cleaner.Clean(job, cancel), run);
            }
            catch (InvalidDataException)
            {
                lock (_lock) _uncleanable = true;
                throw;
            }
        }
    }

    private LogShape Shape => new(_start, Stable, End, [.. _segments.Select((segment, i) =>
        new SegmentShape(segment.BaseOffset, EndOf(i), segment.Length, segment.FirstTimestamp, segment.MaxTimestamp))]);

    private CleaningJob? Job()
    {
        lock (_lock)
        {
            if (Cleanability is not { } cleanable) return null;
            var closed = _segments.TakeWhile(segment => segment.BaseOffset < cleanable.UpperBound).Select((segment, i) => segment.Closed(EndOf(i))).ToList();
            if (closed.Count == 0) return null;
            return new CleaningJob
            {
                Directory = _directory,
                Segments = closed,
                FirstDirty = cleanable.FirstDirty,
                Aborted = _transactions.AbortedIn(closed[0].BaseOffset, cleanable.UpperBound),
                Producers = _producers.Values.Where(producer => producer.Epoch >= 0)
                    .ToDictionary(producer => producer.ProducerId, producer => new LastRecord(producer.LastDataOffset, producer.Epoch)),
                SegmentBytes = _settings.SegmentBytes,
                DeleteRetentionMs = _settings.DeleteRetentionMs,
                Now = Now,
            };
        }
    }

    // The base offset of the next segment, because a cleaned segment may end with a gap. For the active segment: the next offset to append.
    private long EndOf(int segment) => segment + 1 < _segments.Count ? _segments[segment + 1].BaseOffset : End;

    private void SwapIn(CleaningJob job, CleaningResult result, Action<SwapStep> run)
    {
        if (result.Segments.Count == 0) return;
        var settings = _settings;
        var replacements = result.Segments.Select(cleaned => (Cleaned: cleaned, Segment: Segment.OpenCleaned(cleaned, settings))).ToList();
        lock (_lock)
        {
            // Apart from cleaning, segments are removed only at the front of the log. If the first one still exists, all of them do.
            if (!_closed && _settings.Compact && _segments[0].BaseOffset == job.Segments[0].BaseOffset)
            {
                Swap(replacements, result, run);
                return;
            }
        }
        foreach (var (cleaned, segment) in replacements)
        {
            segment.Dispose();
            File.Delete(cleaned.Path);
        }
    }

    // If the broker dies during the swap, the next start reads the whole log, regardless of how far the swap got. The same happens after a failed
    // swap: the log stays readable, and every later checkpoint requires a full read.
    private void Swap(List<(CleanedSegment Cleaned, Segment Segment)> replacements, CleaningResult result, Action<SwapStep> run)
    {
        _swapping = _uncleanable = true;
        Save();
        foreach (var (cleaned, segment) in replacements)
        {
            foreach (var step in SegmentSwap.Plan(_directory, cleaned)) run(step);
            var at = SegmentAt(segment.BaseOffset);
            foreach (var replaced in _segments.GetRange(at, cleaned.Replaces.Count)) replaced.Retire();
            _segments.RemoveRange(at, cleaned.Replaces.Count);
            _segments.Insert(at, segment);
            _transactions.ForgetCleaned(cleaned.EndOffset, result.KeptAborts);
            segment.Seal();
        }
        _firstDirty = result.FirstDirty;
        _swapping = _uncleanable = false;
        Save();
    }
}
