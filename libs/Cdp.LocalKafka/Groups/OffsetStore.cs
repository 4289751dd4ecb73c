using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>An offset that a client asks to store.</summary>
internal readonly record struct OffsetToCommit(TopicPartition Partition, long Offset, int LeaderEpoch, string? Metadata);

/// <summary>
/// Keeps groups' offsets on <c>__consumer_offsets</c>: an offset counts once it is in that log. Those of a transaction are written as
/// its records and count when its commit marker is there. Callers hold the group's lock.
/// </summary>
internal sealed class OffsetStore(TopicStore topics, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, HashSet<Group>> _pending = [];

    private PartitionLog Log => topics.Find(TopicStore.OffsetsTopic)!.Partitions[0];

    public void Commit(Group group, IReadOnlyList<OffsetToCommit> offsets)
    {
        if (offsets.Count == 0) return;
        foreach (var (partition, offset) in Append(group, offsets, -1, -1)) group.Offsets.Commit(partition, offset);
    }

    public void CommitPending(Group group, IReadOnlyList<OffsetToCommit> offsets, long producerId, short producerEpoch)
    {
        if (offsets.Count == 0) return;
        foreach (var (partition, offset) in Append(group, offsets, producerId, producerEpoch)) group.Offsets.CommitPending(producerId, partition, offset);
        lock (_gate) Await(group, producerId);
    }

    /// <summary>Removes offsets, of deleted topics for instance.</summary>
    public void Remove(Group group, IReadOnlyCollection<TopicPartition> partitions)
    {
        if (partitions.Count == 0) return;
        Log.AppendRecords([.. partitions.Select(p => ((byte[]?)OffsetRecords.Key(group.Id, p), (byte[]?)null))]);
        foreach (var partition in partitions) group.Offsets.Remove(partition);
    }

    /// <summary>Shows or drops what a transaction committed; its marker is in the log already. The caller holds no group's lock.</summary>
    public void EndTransaction(long producerId, bool commit)
    {
        HashSet<Group>? groups;
        lock (_gate) _pending.Remove(producerId, out groups);
        foreach (var group in groups ?? [])
            lock (group.Gate) group.Offsets.EndTransaction(producerId, commit);
    }

    /// <summary>Reads the whole topic into the groups that <paramref name="group"/> finds or makes.</summary>
    public void Load(Func<string, Group> group)
    {
        foreach (var record in Log.Records(Log.StartOffset))
        {
            if (record.IsControl) EndTransaction(record.ProducerId, record.IsCommit);
            else if (record.Key is { } key && OffsetRecords.TryReadKey(key, out var id, out var partition)) Load(group(id), partition, record);
        }
    }

    private void Load(Group group, TopicPartition partition, LoggedRecord record)
    {
        if (record.Value is null)
        {
            group.Offsets.Remove(partition);
            return;
        }

        var offset = OffsetRecords.ReadValue(record.Value, record.Offset);
        if (!record.IsTransactional)
        {
            group.Offsets.Commit(partition, offset);
            return;
        }
        group.Offsets.CommitPending(record.ProducerId, partition, offset);
        lock (_gate) Await(group, record.ProducerId);
    }

    private List<(TopicPartition, CommittedOffset)> Append(Group group, IReadOnlyList<OffsetToCommit> offsets, long producerId, short producerEpoch)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var records = offsets.Select(o => (o.Partition, Offset: new CommittedOffset(o.Offset, o.LeaderEpoch, o.Metadata ?? "", now, -1))).ToList();
        var first = Log.AppendRecords(
            [.. records.Select(r => ((byte[]?)OffsetRecords.Key(group.Id, r.Partition), (byte[]?)OffsetRecords.Value(r.Offset)))],
            producerId, producerEpoch, transactional: producerId >= 0);
        return [.. records.Select((r, i) => (r.Partition, r.Offset with { Position = first + i }))];
    }

    private void Await(Group group, long producerId)
    {
        if (!_pending.TryGetValue(producerId, out var groups)) _pending[producerId] = groups = [];
        groups.Add(group);
    }
}
