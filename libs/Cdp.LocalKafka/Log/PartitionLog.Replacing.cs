namespace Cdp.LocalKafka.Log;

/// <summary>How cleaned segments take the place of those they were made from.</summary>
internal sealed partial class PartitionLog
{
    private const long NoSegment = -1;

    /// <summary>
    /// Runs <paramref name="swap"/>, which exchanges the files of full segments, and reads what is there then. Until it is done the checkpoint
    /// tells no more than where the log starts: a death in between makes the next start read the log, for the transactions that the
    /// checkpoint knew may have lost their markers, and a reader who was told of such a one would skip its producer's records for ever.
    /// </summary>
    /// <param name="until">First offset of a segment, at most the active one's; those before it are opened anew.</param>
    /// <param name="aborted">All aborted transactions with a marker before <paramref name="until"/> that readers must still know, in the order of their markers.</param>
    public void Replace(Action swap, long until, IEnumerable<AbortedTransaction> aborted)
    {
        lock (_lock)
        {
            if (_closed) return;
            _saved = default;
            _checkpoint.Write(new LogCheckpoint(_start, NoSegment, SegmentExtent.Empty(0), [], []));
            swap();
            var cleaned = SegmentPaths(_directory).FindAll(path => Segment.OffsetOf(path) < until).ConvertAll(path => Segment.OpenFull(path, _settings));

            // The handles of the old ones are left to their finalizers, as those of deleted segments are: fetches may be sending from them.
            _segments.RemoveAll(segment => segment.BaseOffset < until);
            _segments.InsertRange(0, cleaned);
            _transactions.ReplaceBefore(until, aborted);
            Save();
        }
    }
}
