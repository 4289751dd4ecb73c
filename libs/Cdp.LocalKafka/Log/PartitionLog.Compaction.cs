using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>How a log of a compacted topic gets rid of records that later ones of their key have replaced.</summary>
internal sealed partial class PartitionLog
{
    private readonly Lock _cleaning = new(); // taken before the log's own lock
    private long? _firstDirty;
    private bool _swapping;
    private bool _uncleanable;

    /// <summary>
    /// Whether the log is to be cleaned now, and how urgently; null when its topic is not compacted. A log that could not be read or whose files
    /// could not be exchanged is left alone until it is opened again, as in Kafka.
    /// </summary>
    public Cleanability? Cleanability
    {
        get
        {
            lock (_lock) return _closed || _uncleanable || !_settings.Compact ? null : Compaction.Cleanability.Of(Shape, _firstDirty, _settings.Cleaning, Now);
        }
    }

    /// <summary>
    /// Compacts the segments before the active one. Only the choice of the segments and the exchange of files hold the log's lock. What the
    /// cleaning made is thrown away when retention, DeleteRecords or a change of the topic's configs was there first. Memory: the
    /// <see cref="Cleaner"/>'s, which is some 50 MB at most and a batch, and the new indexes, 8 MB for each GB of new segments.
    /// </summary>
    /// <param name="run">Carries out each step of the exchange, on disk.</param>
    /// <exception cref="InvalidDataException">The log is damaged; it is as it was.</exception>
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

    // What the next segment begins with, for a cleaned one may end with a hole; of the active one what is appended next.
    private long EndOf(int segment) => segment + 1 < _segments.Count ? _segments[segment + 1].BaseOffset : End;

    private void SwapIn(CleaningJob job, CleaningResult result, Action<SwapStep> run)
    {
        if (result.Segments.Count == 0) return;
        var settings = _settings;
        var replacements = result.Segments.Select(cleaned => (Cleaned: cleaned, Segment: Segment.OpenCleaned(cleaned, settings))).ToList();
        lock (_lock)
        {
            // Segments leave the log at its front only.
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

    // A death in here is answered by reading the whole log, whatever of it was replaced by then. So is a failure: it leaves the log
    // readable, and every checkpoint that follows says the same.
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
