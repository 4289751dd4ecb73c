using System.Buffers.Binary;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Groups.Storage;

/// <summary>
/// The format of an offset in <c>__consumer_offsets</c>: Kafka's OffsetCommitKey version 1 and OffsetCommitValue version 3, so that tools for that
/// topic work here too. An offset with an expiry time is written in version 1, which has a field for it. A record without a value deletes the offset.
/// </summary>
internal static class OffsetRecords
{
    private const short KeyVersion = 1;
    private const short ValueVersion = 3;
    private const short ExpiringValueVersion = 1;

    public static byte[] Key(string group, TopicPartition partition) =>
        Versioned.Write(KeyVersion, false, new OffsetKey { Group = group, Topic = partition.Topic, Partition = partition.Partition });

    public static byte[] Value(CommittedOffset offset) =>
        Versioned.Write(offset.ExpireTimestamp is null ? ValueVersion : ExpiringValueVersion, false, new OffsetValue
        {
            Offset = offset.Offset,
            LeaderEpoch = offset.LeaderEpoch,
            Metadata = offset.Metadata,
            CommitTimestamp = offset.CommitTimestamp,
            ExpireTimestamp = offset.ExpireTimestamp ?? -1,
        });

    /// <summary>Returns false for keys of other kinds, such as the group metadata that Kafka keeps in the same topic.</summary>
    public static bool TryReadKey(byte[] key, out string group, out TopicPartition partition)
    {
        (group, partition) = ("", default);
        if (key.Length < sizeof(short) || BinaryPrimitives.ReadInt16BigEndian(key) is < 0 or > KeyVersion) return false;
        var read = Versioned.Read<OffsetKey>(key, firstFlexible: short.MaxValue);
        (group, partition) = (read.Group, new TopicPartition(read.Topic, read.Partition));
        return true;
    }

    public static CommittedOffset ReadValue(byte[] value, long position)
    {
        var read = Versioned.Read<OffsetValue>(value, firstFlexible: 4);
        return new CommittedOffset(
            read.Offset, read.LeaderEpoch, read.Metadata, read.CommitTimestamp, read.ExpireTimestamp < 0 ? null : read.ExpireTimestamp, position);
    }

    private sealed class OffsetKey : IWireFields
    {
        public string Group = "";
        public string Topic = "";
        public int Partition;

        public void Describe(Wire w)
        {
            w.String(ref Group);
            w.String(ref Topic);
            w.Int32(ref Partition);
        }
    }

    private sealed class OffsetValue : IWireFields
    {
        public long Offset;
        public int LeaderEpoch = -1;
        public string Metadata = "";
        public long CommitTimestamp;
        public long ExpireTimestamp = -1;

        public void Describe(Wire w)
        {
            w.Int64(ref Offset);
            w.Int32(ref LeaderEpoch, since: 3);
            w.String(ref Metadata);
            w.Int64(ref CommitTimestamp);
            w.Int64(ref ExpireTimestamp, since: 1, until: 1);
            w.Tags();
        }
    }
}
