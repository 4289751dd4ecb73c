using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Groups;

/// <summary>Members and commits of the groups of the harness, as its coordinator sees them.</summary>
internal static class GroupHarness
{
    public const int SessionMs = 10_000;

    /// <summary>A stable group of one member that subscribes to the topics.</summary>
    public static async Task<(string Member, int Generation)> Consume(this CoordinatorHarness broker, string group, string protocolType, params string[] topics)
    {
        var request = new JoinGroupRequest
        {
            GroupId = group,
            SessionTimeoutMs = SessionMs,
            RebalanceTimeoutMs = 30_000,
            ProtocolType = protocolType,
            Protocols = [new JoinGroupProtocol { Name = "range", Metadata = Subscription(topics) }],
        };
        var context = new RequestContext("c", "/127.0.0.1", 9, "1", CancellationToken.None);
        request.MemberId = (await broker.Groups.Join(context, request)).MemberId;
        var joining = broker.Groups.Join(context, request);
        broker.Time.Advance(TimeSpan.FromMilliseconds(100)); // the initial delay
        var joined = await joining;
        Assert.Equal(ErrorCode.None, joined.ErrorCode);
        var synced = await broker.Groups.Sync(new SyncGroupRequest
        {
            GroupId = group,
            MemberId = joined.MemberId,
            GenerationId = joined.GenerationId,
            Assignments = [new SyncGroupAssignment { MemberId = joined.MemberId, Assignment = "mine"u8.ToArray() }],
        });
        Assert.Equal(ErrorCode.None, synced.ErrorCode);
        return (joined.MemberId, joined.GenerationId);
    }

    public static ErrorCode Heartbeat(this CoordinatorHarness broker, string group, string member, int generation) =>
        broker.Groups.Heartbeat(new HeartbeatRequest { GroupId = group, MemberId = member, GenerationId = generation }).ErrorCode;

    public static ErrorCode Leave(this CoordinatorHarness broker, string group, string member) =>
        broker.Groups.Leave(new LeaveGroupRequest { GroupId = group, MemberId = member }, 2).ErrorCode;

    public static ErrorCode Commit(
        this CoordinatorHarness broker, string group, long offset, string member = "", int generation = -1, string topic = "a", long retentionMs = -1) =>
        broker.Groups.Offsets.Commit(
            new OffsetCommitRequest
            {
                GroupId = group,
                MemberId = member,
                GenerationId = generation,
                RetentionTimeMs = retentionMs,
                Topics = [new OffsetCommitTopic { Name = topic, Partitions = [new OffsetCommitPartition { CommittedOffset = offset }] }],
            },
            4).Topics![0].Partitions![0].ErrorCode;

    /// <summary>Advances the time while the members keep sending heartbeats.</summary>
    public static void AdvanceWithHeartbeats(this CoordinatorHarness broker, TimeSpan by, string group, string member, int generation)
    {
        for (var left = by; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(SessionMs - 1))
        {
            broker.Time.Advance(left < TimeSpan.FromMilliseconds(SessionMs - 1) ? left : TimeSpan.FromMilliseconds(SessionMs - 1));
            Assert.Equal(ErrorCode.None, broker.Heartbeat(group, member, generation));
        }
    }

    /// <summary>Version 1 of Kafka's ConsumerProtocolSubscription, without user data and owned partitions.</summary>
    private static byte[] Subscription(string[] topics)
    {
        var names = topics.ToList();
        var (writer, version, none) = (new WireWriter(0, flexible: false), (short)1, -1);
        writer.Int16(ref version);
        writer.Strings(ref names!);
        writer.Int32(ref none);
        writer.Int32(ref none);
        return writer.Written.ToArray();
    }
}
