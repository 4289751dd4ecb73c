using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>An offset that a client asks to store.</summary>
internal readonly record struct OffsetToCommit(TopicPartition Partition, long Offset, int LeaderEpoch, string? Metadata);

/// <summary>
/// Keeps groups' offsets on <c>__consumer_offsets</c>: an offset counts once it is in that log. Those of a transaction are written as
/// its records and count when its commit marker is there. Callers hold the group's lock.
/// </summary>
internal sealed class OffsetStore(OffsetsLog log, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, HashSet<Group>> _pending = [];

    /// <param name="retentionMs">How long the client wants them kept; null leaves it to the broker.</param>
    public ErrorCode Commit(Group group, IReadOnlyList<OffsetToCommit> offsets, long? retentionMs)
    {
        var error = Append(group, offsets, out var appended, retentionMs);
        foreach (var (partition, offset) in appended) group.Offsets.Commit(partition, offset);
        return error;
    }

    public ErrorCode CommitPending(Group group, IReadOnlyList<OffsetToCommit> offsets, long producerId, short producerEpoch)
    {
        var error = Append(group, offsets, out var appended, producerId: producerId, producerEpoch: producerEpoch);
        foreach (var (partition, offset) in appended) group.Offsets.CommitPending(producerId, partition, offset);
        if (appended.Count > 0) Await(group, producerId);
        return error;
    }

    /// <summary>Removes offsets, of deleted topics for instance, and what transactions would put in their place.</summary>
    public ErrorCode Remove(Group group, IReadOnlyCollection<TopicPartition> partitions)
    {
        if (partitions.Count == 0) return ErrorCode.None;
        var error = log.Append([.. partitions.Select(p => ((byte[]?)OffsetRecords.Key(group.Id, p), (byte[]?)null))], out _);
        if (error != ErrorCode.None) return error;
        foreach (var partition in partitions) group.Offsets.Remove(partition);
        return ErrorCode.None;
    }

    /// <summary>Shows or drops what a transaction committed; its marker is in the log already. The caller holds no group's lock.</summary>
    public void EndTransaction(long producerId, bool commit)
    {
        HashSet<Group>? groups;
        lock (_gate) _pending.Remove(producerId, out groups);
        foreach (var group in groups ?? [])
            lock (group.Gate) group.Offsets.EndTransaction(producerId, commit);
    }

    /// <summary>Takes over an offset that the log holds.</summary>
    public void Replay(Group group, TopicPartition partition, LoggedRecord record)
    {
        var offset = OffsetRecords.ReadValue(record.Value!, record.Offset);
        if (!record.IsTransactional)
        {
            group.Offsets.Commit(partition, offset);
            return;
        }
        group.Offsets.CommitPending(record.ProducerId, partition, offset);
        Await(group, record.ProducerId);
    }

    private ErrorCode Append(
        Group group, IReadOnlyList<OffsetToCommit> offsets, out List<(TopicPartition, CommittedOffset)> appended,
        long? retentionMs = null, long producerId = -1, short producerEpoch = -1)
    {
        appended = [];
        if (offsets.Count == 0) return ErrorCode.None;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var records = offsets
            .Select(o => (o.Partition, Offset: new CommittedOffset(o.Offset, o.LeaderEpoch, o.Metadata ?? "", now, now + retentionMs, Position: -1))).ToList();
        var error = log.Append(
            [.. records.Select(r => ((byte[]?)OffsetRecords.Key(group.Id, r.Partition), (byte[]?)OffsetRecords.Value(r.Offset)))],
            out var first, producerId, producerEpoch);
        if (error == ErrorCode.None) appended = [.. records.Select((r, i) => (r.Partition, r.Offset with { Position = first + i }))];
        return error;
    }

    private void Await(Group group, long producerId)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(producerId, out var groups)) _pending[producerId] = groups = [];
            groups.Add(group);
        }
    }
}
