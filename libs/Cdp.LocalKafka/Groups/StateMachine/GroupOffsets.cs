using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>A group's committed offsets, and the offsets whose transaction has not ended. Guarded by the group's lock.</summary>
internal sealed class GroupOffsets
{
    private readonly Dictionary<TopicPartition, CommittedOffset> _committed = [];
    private readonly Dictionary<long, Dictionary<TopicPartition, CommittedOffset>> _pending = [];

    public IReadOnlyDictionary<TopicPartition, CommittedOffset> Committed => _committed;

    /// <summary>The partitions that have an offset, committed or pending.</summary>
    public IEnumerable<TopicPartition> Partitions => _committed.Keys.Concat(_pending.Values.SelectMany(p => p.Keys)).Distinct();

    /// <summary>Whether an open transaction has an offset for the partition (KIP-447).</summary>
    public bool IsPending(TopicPartition partition) => _pending.Values.Any(p => p.ContainsKey(partition));

    public void Commit(TopicPartition partition, CommittedOffset offset) => _committed[partition] = offset;

    public void CommitPending(long producerId, TopicPartition partition, CommittedOffset offset)
    {
        if (!_pending.TryGetValue(producerId, out var pending)) _pending[producerId] = pending = [];
        pending[partition] = offset;
    }

    public void EndTransaction(long producerId, bool commit)
    {
        if (!_pending.Remove(producerId, out var pending) || !commit) return;
        foreach (var (partition, offset) in pending)
            if (!_committed.TryGetValue(partition, out var current) || current.Position < offset.Position) _committed[partition] = offset;
    }

    public void Remove(TopicPartition partition)
    {
        _committed.Remove(partition);
        foreach (var pending in _pending.Values) pending.Remove(partition);
    }
}
