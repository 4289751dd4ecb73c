using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Groups;

public sealed class OffsetCommitTests : IAsyncDisposable
{
    private static readonly JoinGroupRequest Static = new()
    {
        GroupId = "g",
        GroupInstanceId = "i1",
        SessionTimeoutMs = 10_000,
        RebalanceTimeoutMs = 30_000,
        ProtocolType = "consumer",
        Protocols = [new JoinGroupProtocol { Name = "range" }],
    };

    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public void Fetch_NothingCommitted_IsMinusOne()
    {
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Commit(1, group: "g", partition: 1);
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
    }

    [Fact]
    public async Task Commit_WithoutAGroup_SurvivesARestart()
    {
        Assert.Equal(ErrorCode.None, Commit(5));
        Assert.Equal(ErrorCode.None, Commit(7));

        await _broker.Crash();

        Assert.Equal((ErrorCode.None, 7), _broker.Fetch());
    }

    [Theory]
    [InlineData(8, ErrorCode.IllegalGeneration)]
    [InlineData(9, ErrorCode.GroupIdNotFound)]
    internal void Commit_UnknownGroupWithGeneration_GetsTheErrorOfTheVersion(short version, ErrorCode expected) =>
        Assert.Equal(expected, Commit(5, generation: 3, member: "m", version: version));

    [Fact]
    public void Commit_UnknownPartition_DoesNotAffectOthers()
    {
        var response = _broker.Groups.Offsets.Commit(
            new OffsetCommitRequest { GroupId = "g", Topics = [Topic("a", 0, 5), Topic("a", 9, 5), Topic("none", 0, 5)] }, 9);

        Assert.Equal(
            [ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition],
            response.Topics!.SelectMany(topic => topic.Partitions!).Select(p => p.ErrorCode));
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
    }

    [Fact]
    public void Commit_MetadataTooLong_IsRefused() => Assert.Equal(ErrorCode.OffsetMetadataTooLarge, Commit(5, metadata: new string('x', 4097)));

    [Fact]
    public async Task Commit_Member_NeedsTheCurrentGeneration()
    {
        var (member, generation) = await Stable();

        Assert.Equal(ErrorCode.None, Commit(1, generation, member, "i1"));
        Assert.Equal(ErrorCode.IllegalGeneration, Commit(2, generation - 1, member, "i1"));
        Assert.Equal(ErrorCode.UnknownMemberId, Commit(2, generation, "nobody"));
        Assert.Equal(ErrorCode.FencedInstanceId, Commit(2, generation, "nobody", "i1"));
        Assert.Equal(ErrorCode.UnknownMemberId, Commit(2)); // while the group has members, only they may commit
        Assert.Equal((ErrorCode.None, 1), _broker.Fetch());
    }

    [Fact]
    public async Task TxnCommit_Member_NeedsTheCurrentGeneration()
    {
        var (member, generation) = await Stable();
        var producer = _broker.Ongoing(Offsets);

        Assert.Equal(ErrorCode.IllegalGeneration, _broker.CommitOffset(producer, 2, generation - 1, member, "i1"));
        Assert.Equal(ErrorCode.UnknownMemberId, _broker.CommitOffset(producer, 2, generation, "nobody"));
        Assert.Equal(ErrorCode.FencedInstanceId, _broker.CommitOffset(producer, 2, generation, "nobody", "i1"));
        Assert.Equal(ErrorCode.IllegalGeneration, _broker.CommitOffset(producer, 2, generation, member, group: "unknown"));
        Assert.Equal(ErrorCode.None, _broker.CommitOffset(producer, 1)); // clients before KIP-447 name no member
        Assert.Equal(ErrorCode.None, _broker.CommitOffset(producer, 2, generation, member, "i1"));
        _broker.End(producer, commit: true);
        Assert.Equal((ErrorCode.None, 2), _broker.Fetch());
    }

    [Fact]
    public void TxnCommit_OffsetsNotAdded_IsRefused()
    {
        var producer = _broker.Ongoing(A0);

        Assert.Equal(ErrorCode.TransactionAbortable, _broker.CommitOffset(producer, 1));
    }

    [Fact]
    public void TxnCommit_Pending_IsVisibleOnlyAfterTheCommit()
    {
        Commit(5);
        var producer = _broker.Ongoing(Offsets);
        _broker.CommitOffset(producer, 7);

        Assert.Equal((ErrorCode.UnstableOffsetCommit, -1), _broker.Fetch(requireStable: true));
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch(requireStable: false));

        _broker.End(producer, commit: true);
        Assert.Equal((ErrorCode.None, 7), _broker.Fetch());
    }

    [Fact]
    public async Task TxnCommit_Aborted_KeepsTheOldOffset()
    {
        Commit(5);
        var producer = _broker.Ongoing(Offsets);
        _broker.CommitOffset(producer, 7);

        _broker.End(producer, commit: false);

        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
        await _broker.Crash();
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
    }

    [Fact]
    public async Task TxnCommit_OlderThanAPlainCommit_DoesNotOverwriteIt()
    {
        var producer = _broker.Ongoing(Offsets);
        _broker.CommitOffset(producer, 7);
        Commit(9);

        _broker.End(producer, commit: true);

        Assert.Equal((ErrorCode.None, 9), _broker.Fetch());
        await _broker.Crash();
        Assert.Equal((ErrorCode.None, 9), _broker.Fetch());
    }

    [Fact]
    public async Task ForgetTopic_CommittedOffsets_AreDeleted()
    {
        Commit(5);

        _broker.Groups.Offsets.ForgetTopic("a");

        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        await _broker.Crash();
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
    }

    [Fact]
    public void Fetch_WithoutTopics_ReturnsAllOfEachGroup()
    {
        Commit(5, partition: 0);
        Commit(6, partition: 1);
        Commit(7, group: "h");

        var fetched = _broker.Groups.Offsets.Fetch(
            new OffsetFetchRequest { Groups = [new OffsetFetchGroup { GroupId = "g" }, new OffsetFetchGroup { GroupId = "none" }] }, 9);

        Assert.Equal([5, 6], fetched.Groups![0].Topics![0].Partitions!.Select(p => p.CommittedOffset));
        Assert.Empty(fetched.Groups[1].Topics!);
    }

    [Fact]
    public async Task Session_NoHeartbeat_ExpiresByTheCoordinatorsTimer()
    {
        var (member, generation) = await Stable();
        _broker.Time.Advance(TimeSpan.FromSeconds(9));
        var heartbeat = new HeartbeatRequest { GroupId = "g", MemberId = member, GenerationId = generation, GroupInstanceId = "i1" };
        Assert.Equal(ErrorCode.None, _broker.Groups.Heartbeat(heartbeat).ErrorCode);
        _broker.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(GroupState.Stable, _broker.Groups.Find("g")!.State);

        _broker.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(GroupState.Empty, _broker.Groups.Find("g")!.State);
    }

    private async Task<(string Member, int Generation)> Stable()
    {
        var joining = _broker.Groups.Join(new RequestContext("c", "/127.0.0.1", 9, "1", CancellationToken.None), Static);
        Assert.False(joining.IsCompleted);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(50)); // the initial delay
        var joined = await joining;
        var synced = await _broker.Groups.Sync(
            new SyncGroupRequest { GroupId = "g", MemberId = joined.MemberId, GroupInstanceId = "i1", GenerationId = joined.GenerationId });
        Assert.Equal(ErrorCode.None, synced.ErrorCode);
        return (joined.MemberId, joined.GenerationId);
    }

    private ErrorCode Commit(
        long offset, int generation = -1, string member = "", string? instance = null, short version = 9,
        string group = "g", int partition = 0, string? metadata = null)
    {
        var request = new OffsetCommitRequest
        {
            GroupId = group,
            GenerationId = generation,
            MemberId = member,
            GroupInstanceId = instance,
            Topics = [Topic("a", partition, offset, metadata)],
        };
        return _broker.Groups.Offsets.Commit(request, version).Topics![0].Partitions![0].ErrorCode;
    }

    private static OffsetCommitTopic Topic(string name, int partition, long offset, string? metadata = null) =>
        new() { Name = name, Partitions = [new OffsetCommitPartition { PartitionIndex = partition, CommittedOffset = offset, CommittedMetadata = metadata }] };
}
