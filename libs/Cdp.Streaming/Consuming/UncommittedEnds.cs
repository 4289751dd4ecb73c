using Confluent.Kafka;

namespace Cdp.Streaming.Consuming;

/// <summary>
/// The ends of partitions whose records are all committed, but whose committed offset lies before the end, because transaction markers are in between. Until
/// the end is committed too, every tool shows a lag of one record. All members are called from the thread of the loop.
/// </summary>
internal sealed class UncommittedEnds
{
    private readonly Dictionary<TopicPartition, Offset> _committed = [];
    private readonly Dictionary<TopicPartition, Offset> _ends = [];

    public int Count => _ends.Count;

    /// <summary>The committed offset of every owned partition that has one.</summary>
    public IReadOnlyList<TopicPartitionOffset> AllCommitted => [.. _committed.Select(committed => new TopicPartitionOffset(committed.Key, committed.Value))];

    /// <summary>The ends, except those of partitions that have records in the current batch, whose offsets are higher.</summary>
    public IEnumerable<TopicPartitionOffset> Except(IReadOnlyDictionary<TopicPartition, Offset> batch) =>
        _ends.Where(end => !batch.ContainsKey(end.Key)).Select(end => new TopicPartitionOffset(end.Key, end.Value));

    /// <summary>Notes the committed offset of an owned partition. An offset that is not set is ignored.</summary>
    public void Committed(TopicPartitionOffset committed)
    {
        if (committed.Offset.IsSpecial) return;
        _committed[committed.TopicPartition] = committed.Offset;
        if (_ends.TryGetValue(committed.TopicPartition, out var end) && end.Value <= committed.Offset.Value) _ends.Remove(committed.TopicPartition);
    }

    /// <summary>Notes where a group begins that has not committed an offset yet. The start is committed even if there is nothing before it.</summary>
    public void Begin(TopicPartitionOffset start) => (_committed[start.TopicPartition], _ends[start.TopicPartition]) = (start.Offset, start.Offset);

    /// <summary>Notes that the reader has reached the end of a partition, and that every record before it is committed.</summary>
    public void Reached(TopicPartitionOffset end)
    {
        if (_committed.TryGetValue(end.TopicPartition, out var committed) && end.Offset.Value > committed.Value) _ends[end.TopicPartition] = end.Offset;
    }

    /// <summary>Forgets partitions that another member owns now: committing an end noted before would reset what that member has committed.</summary>
    public void Lost(IEnumerable<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            _committed.Remove(partition);
            _ends.Remove(partition);
        }
    }
}
