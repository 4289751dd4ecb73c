using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>How a log removes its oldest records.</summary>
internal sealed partial class PartitionLog
{
    private const long ToTheEnd = -1;

    /// <summary>Deletes the segments that retention no longer keeps. If all of them are deleted, a new segment is created first.</summary>
    public void Expire()
    {
        lock (_lock)
        {
            if (_closed) return;
            var expired = Retention.Expired(Facts, _start, _settings, Now);
            if (expired == 0) return;
            if (expired == _segments.Count) Roll();
            _start = Math.Max(_start, _segments[expired].BaseOffset);
            try
            {
                SaveWithout(expired);
            }
            finally
            {
                // Also if the checkpoint could not be written: the disk may be full, and this frees space. The remaining files show where the
                // log starts.
                Drop(expired);
            }
        }
    }

    /// <summary>
    /// Moves the start of the log to <paramref name="before"/>, or to its end for -1. Once this returns, the records before it are permanently deleted.
    /// </summary>
    /// <returns>The new start offset, or Kafka's error and -1.</returns>
    public (ErrorCode Error, long StartOffset) DeleteRecords(long before)
    {
        lock (_lock)
        {
            if (_closed) return (ErrorCode.NotLeaderOrFollower, -1);
            if (!_settings.Delete) return (ErrorCode.PolicyViolation, -1);
            if (before == ToTheEnd) before = End;
            if (before < 0 || before > End) return (ErrorCode.OffsetOutOfRange, -1);
            _start = Math.Max(_start, before);
            var passed = Retention.Before(Facts, _start);
            SaveWithout(passed);
            Drop(passed);
            return (ErrorCode.None, _start);
        }
    }

    private List<SegmentFacts> Facts =>
        _segments.ConvertAll(segment => new SegmentFacts(segment.BaseOffset, segment.Length, segment.LargestTimestamp));

    // The checkpoint is written before the files are deleted. Until they are gone, only the checkpoint contains the new start offset, and afterwards
    // only the checkpoint contains the producers whose batches were in them. As in Kafka, those are kept until they have been idle for a long time
    // (KIP-360). Of the transactions, only those that a reader can still encounter are kept.
    private void SaveWithout(int count)
    {
        _transactions.ForgetBefore(_segments[count].BaseOffset);
        Save();
    }

    private void Drop(int count)
    {
        var gone = _segments.GetRange(0, count);
        _segments.RemoveRange(0, count);
        foreach (var segment in gone) segment.Delete();
    }
}
