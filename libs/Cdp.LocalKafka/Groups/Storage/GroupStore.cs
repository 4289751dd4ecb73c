using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups.Storage;

/// <summary>
/// Stores groups in <c>__consumer_offsets</c>: their membership as of the last stable or empty generation, until they are removed.
/// Callers hold the group's lock.
/// </summary>
internal sealed class GroupStore(OffsetsLog log, TimeProvider time)
{
    public ErrorCode Save(Group group)
    {
        group.StateTimestamp = time.GetUtcNow().ToUnixTimeMilliseconds();
        return log.Append([(GroupRecords.Key(group.Id), GroupRecords.Value(group.Snapshot()))], out _);
    }

    /// <summary>Deletes the group and all its offsets, including pending ones. If this succeeds, the group is dead.</summary>
    public ErrorCode Remove(Group group)
    {
        var offsets = group.Offsets.Partitions.Select(partition => ((byte[]?)OffsetRecords.Key(group.Id, partition), (byte[]?)null));
        var error = log.Append([.. offsets, (GroupRecords.Key(group.Id), null)], out _);
        if (error == ErrorCode.None) group.Close();
        return error;
    }
}
