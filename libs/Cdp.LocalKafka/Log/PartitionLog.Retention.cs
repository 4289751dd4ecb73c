using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>How a log gets rid of its oldest records.</summary>
internal sealed partial class PartitionLog
{
    private const long ToTheEnd = -1;

    /// <summary>Deletes the segments that the topic's retention lets go; when that is all of them, a new one is begun.</summary>
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
                // Even so when the checkpoint could not be written: the disk may be full, and this makes room. The files that are left tell
                // where the log starts now.
                Drop(expired);
            }
        }
    }

    /// <summary>Moves the log's start to <paramref name="before"/>, -1 being its end. What is before is gone when it returns, whatever happens then.</summary>
    /// <returns>The log's start, or Kafka's error and -1.</returns>
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

    private List<SegmentFacts> Facts => _segments.ConvertAll(segment => new SegmentFacts(segment.BaseOffset, segment.Length, segment.LargestTimestamp));

    // The checkpoint comes before a deletion: it alone tells the new start until the files are gone, and of producers whose batches they held.
    // Those are remembered until they are idle for long, as in Kafka (KIP-360); of the transactions only those that a reader may still meet.
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
