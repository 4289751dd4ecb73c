using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups.Storage;

/// <summary>An offset that a client asks to commit.</summary>
internal readonly record struct OffsetToCommit(TopicPartition Partition, long Offset, int LeaderEpoch, string? Metadata);

/// <summary>
/// Stores group offsets in <c>__consumer_offsets</c>. An offset takes effect once it is in that log. Offsets of a transaction are written as records
/// of that transaction and take effect with its commit marker. Callers hold the group's lock.
/// </summary>
internal sealed class OffsetStore(OffsetsLog log, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, HashSet<Group>> _pending = [];

    /// <param name="retentionMs">How long the client wants the offsets kept, in milliseconds. Null leaves it to the broker.</param>
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
        if (appended.Count > 0) TrackPending(group, producerId);
        return error;
    }

    /// <summary>Removes offsets, for example of deleted topics, together with pending offsets for the same partitions.</summary>
    public ErrorCode Remove(Group group, IReadOnlyCollection<TopicPartition> partitions)
    {
        if (partitions.Count == 0) return ErrorCode.None;
        var error = log.Append([.. partitions.Select(p => ((byte[]?)OffsetRecords.Key(group.Id, p), (byte[]?)null))], out _);
        if (error != ErrorCode.None) return error;
        foreach (var partition in partitions) group.Offsets.Remove(partition);
        return ErrorCode.None;
    }

    /// <summary>Applies or discards the offsets of a transaction whose marker is in the log. The caller holds no group's lock.</summary>
    public void EndTransaction(long producerId, bool commit)
    {
        HashSet<Group>? groups;
        lock (_gate) _pending.Remove(producerId, out groups);
        foreach (var group in groups ?? [])
            lock (group.Gate) group.Offsets.EndTransaction(producerId, commit);
    }

    /// <summary>Restores an offset from a record of the log.</summary>
    public void Replay(Group group, TopicPartition partition, LoggedRecord record)
    {
        var offset = OffsetRecords.ReadValue(record.Value!, record.Offset);
        if (!record.IsTransactional)
        {
            group.Offsets.Commit(partition, offset);
            return;
        }
        group.Offsets.CommitPending(record.ProducerId, partition, offset);
        TrackPending(group, record.ProducerId);
    }

    private ErrorCode Append(
        Group group, IReadOnlyList<OffsetToCommit> offsets, out List<(TopicPartition, CommittedOffset)> appended,
        long? retentionMs = null, long producerId = -1, short producerEpoch = -1)
    {
        appended = [];
        if (offsets.Count == 0) return ErrorCode.None;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var records = offsets
            .Select(o => (o.Partition, Offset: new CommittedOffset(o.Offset, o.LeaderEpoch, o.Metadata ?? "", now, now + retentionMs, Position: -1)))
            .ToList();
        var error = log.Append(
            [.. records.Select(r => ((byte[]?)OffsetRecords.Key(group.Id, r.Partition), (byte[]?)OffsetRecords.Value(r.Offset)))],
            out var first, producerId, producerEpoch);
        if (error == ErrorCode.None) appended = [.. records.Select((r, i) => (r.Partition, r.Offset with { Position = first + i }))];
        return error;
    }

    private void TrackPending(Group group, long producerId)
    {
        lock (_gate)
        {
            if (!_pending.TryGetValue(producerId, out var groups)) _pending[producerId] = groups = [];
            groups.Add(group);
        }
    }
}
