using System.Buffers.Binary;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Groups.Storage;

/// <summary>
/// The format of a group's membership in <c>__consumer_offsets</c>: Kafka's GroupMetadataKey version 2 and GroupMetadataValue version 3.
/// A record without a value deletes the group.
/// </summary>
internal static class GroupRecords
{
    private const short KeyVersion = 2;
    private const short ValueVersion = 3;

    public static byte[] Key(string group) => Versioned.Write(KeyVersion, false, new GroupKey { Group = group });

    public static byte[] Value(GroupSnapshot group) => Versioned.Write(ValueVersion, false, new GroupValue
    {
        ProtocolType = group.ProtocolType,
        Generation = group.Generation,
        Protocol = group.ProtocolName,
        Leader = group.Leader,
        StateTimestamp = group.StateTimestamp ?? -1,
        Members =
        [
            .. group.Members.Select(m => new MemberValue
            {
                MemberId = m.Id,
                GroupInstanceId = m.InstanceId,
                ClientId = m.ClientId,
                ClientHost = m.ClientHost,
                RebalanceTimeout = m.RebalanceTimeoutMs,
                SessionTimeout = m.SessionTimeoutMs,
                Subscription = m.Subscription,
                Assignment = m.Assignment,
            }),
        ],
    });

    public static bool TryReadKey(byte[] key, out string group)
    {
        group = "";
        if (key.Length < sizeof(short) || BinaryPrimitives.ReadInt16BigEndian(key) != KeyVersion) return false;
        group = Versioned.Read<GroupKey>(key, firstFlexible: short.MaxValue).Group;
        return true;
    }

    public static GroupSnapshot ReadValue(byte[] value)
    {
        var read = Versioned.Read<GroupValue>(value, firstFlexible: 4);
        return new GroupSnapshot(
            read.ProtocolType, read.Generation, read.Protocol, read.Leader, read.StateTimestamp < 0 ? null : read.StateTimestamp,
            [
                .. (read.Members ?? []).Select(m => new MemberSnapshot(
                    m.MemberId, m.GroupInstanceId, m.ClientId, m.ClientHost, m.RebalanceTimeout, m.SessionTimeout,
                    m.Subscription.GetValueOrDefault().ToArray(), m.Assignment.GetValueOrDefault().ToArray())),
            ]);
    }

    private sealed class GroupKey : IWireFields
    {
        public string Group = "";

        public void Describe(Wire w) => w.String(ref Group);
    }

    private sealed class GroupValue : IWireFields
    {
        public string ProtocolType = "";
        public int Generation;
        public string? Protocol;
        public string? Leader;
        public long StateTimestamp = -1;
        public List<MemberValue>? Members = [];

        public void Describe(Wire w)
        {
            w.String(ref ProtocolType);
            w.Int32(ref Generation);
            w.NullableString(ref Protocol);
            w.NullableString(ref Leader);
            w.Int64(ref StateTimestamp, since: 2);
            w.Array(ref Members);
            w.Tags();
        }
    }

    private sealed class MemberValue : IWireFields
    {
        public string MemberId = "";
        public string? GroupInstanceId;
        public string ClientId = "";
        public string ClientHost = "";
        public int RebalanceTimeout = -1;
        public int SessionTimeout;
        public ReadOnlyMemory<byte>? Subscription = ReadOnlyMemory<byte>.Empty;
        public ReadOnlyMemory<byte>? Assignment = ReadOnlyMemory<byte>.Empty;

        public void Describe(Wire w)
        {
            w.String(ref MemberId);
            w.NullableString(ref GroupInstanceId, since: 3);
            w.String(ref ClientId);
            w.String(ref ClientHost);
            w.Int32(ref RebalanceTimeout, since: 1);
            w.Int32(ref SessionTimeout);
            w.Bytes(ref Subscription);
            w.Bytes(ref Assignment);
            w.Tags();
        }
    }
}
