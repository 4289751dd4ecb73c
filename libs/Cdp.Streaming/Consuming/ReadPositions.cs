using Confluent.Kafka;

namespace Cdp.Streaming.Consuming;

/// <summary>Reading a partition continued at another offset than expected.</summary>
/// <param name="Expected">The offset that should have been read next.</param>
/// <param name="Found">The offset that was read instead.</param>
internal readonly record struct Jump(long Expected, long Found)
{
    /// <summary>Whether reading went back to what was read before. Going forward is normal: transaction markers and compacted records leave gaps.</summary>
    public bool IsBack => Found < Expected;
}

/// <summary>
/// Tracks the offset to be read next of each partition. If the log no longer holds it, because records were lost or deleted by retention, the client silently
/// continues at the first available offset; this class detects that. Pure.
/// </summary>
internal sealed class ReadPositions
{
    private readonly Dictionary<TopicPartition, Place> _places = [];
    // The first offset read from partitions whose committed offset is not known yet.
    private readonly Dictionary<TopicPartition, long> _first = [];

    /// <summary>
    /// Sets the offset that the group has committed for a newly assigned partition, where reading must begin. Reading may have begun already.
    /// </summary>
    public Jump? Begin(TopicPartition partition, Offset committed)
    {
        var isRead = _first.Remove(partition, out var first);
        if (committed.IsSpecial) return null;
        if (isRead) return Between(committed.Value, first);
        _places.TryAdd(partition, new Place(committed.Value, committed.Value));
        return null;
    }

    /// <summary>Notes that a record, or the end of the partition, was read at an offset.</summary>
    public Jump? Read(TopicPartition partition, long offset, bool isEnd)
    {
        var isKnown = _places.TryGetValue(partition, out var place);
        // After a failover a broker may report an earlier end for a moment. Only markers and aborted records lie between the last record and the end.
        if (isKnown && isEnd && offset >= place.AfterRecord && offset < place.Next) return null;
        if (!isKnown) _first[partition] = offset;
        _places[partition] = isEnd ? new Place(offset, isKnown ? place.AfterRecord : offset) : new Place(offset + 1, offset + 1);
        return isKnown ? Between(place.Next, offset) : null;
    }

    /// <summary>Notes that the reader continues at an offset.</summary>
    public void Seek(TopicPartition partition, Offset offset) => _places[partition] = new Place(offset.Value, offset.Value);

    /// <summary>Forgets a partition that another member owns now.</summary>
    public void Lost(TopicPartition partition)
    {
        _places.Remove(partition);
        _first.Remove(partition);
    }

    /// <param name="Next">The offset to be read next.</param>
    /// <param name="AfterRecord">The offset after the last record that was read, or where reading began.</param>
    private readonly record struct Place(long Next, long AfterRecord);

    private static Jump? Between(long expected, long found) => expected == found ? null : new Jump(expected, found);
}
