using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Groups;

/// <summary>Groups when the broker is killed and restarted, and when its log cannot be written.</summary>
public sealed class GroupRestartTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Crash_StableGroup_MembersContinueWithoutARebalance()
    {
        var (member, generation) = await _broker.Consume("g", "consumer", "a");

        await _broker.Crash();

        Assert.Equal(ErrorCode.None, _broker.Heartbeat("g", member, generation));
        Assert.Equal(ErrorCode.None, _broker.Commit("g", 5, member, generation));
        Assert.Equal(ErrorCode.IllegalGeneration, _broker.Commit("g", 6, member, generation - 1));
        Assert.Equal(ErrorCode.UnknownMemberId, _broker.Commit("g", 6));
        Assert.Equal((GroupState.Stable, generation), (_broker.Groups.Find("g")!.State, _broker.Groups.Find("g")!.Generation));
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
    }

    [Fact]
    public async Task Crash_MemberDoesNotComeBack_IsRemovedAfterItsSession()
    {
        await _broker.Consume("g", "consumer", "a");
        await _broker.Crash();
        _broker.Time.Advance(TimeSpan.FromMilliseconds(GroupHarness.SessionMs - 1));
        Assert.Equal(GroupState.Stable, _broker.Groups.Find("g")!.State);

        _broker.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(GroupState.Empty, _broker.Groups.Find("g")!.State);
    }

    [Fact]
    public async Task Crash_MemberHadLeft_IsNotRestored()
    {
        var (member, generation) = await _broker.Consume("g", "consumer", "a");
        _broker.Leave("g", member);

        await _broker.Crash();

        Assert.Equal((GroupState.Empty, generation + 1), (_broker.Groups.Find("g")!.State, _broker.Groups.Find("g")!.Generation));
        Assert.Equal(ErrorCode.UnknownMemberId, _broker.Heartbeat("g", member, generation));
    }

    [Fact]
    public async Task Crash_NewGroupWithoutMembers_IsRestored()
    {
        Assert.Equal(ErrorCode.MemberIdRequired, (await Join()).ErrorCode);

        await _broker.Crash();

        Assert.Equal(
            (GroupState.Empty, 0, null), (_broker.Groups.Find("g")!.State, _broker.Groups.Find("g")!.Generation, _broker.Groups.Find("g")!.ProtocolType));
    }

    [Fact]
    public async Task Sync_Completed_ItsRecordIsTheLastInTheLog()
    {
        var (member, generation) = await _broker.Consume("g", "consumer", "a");

        var record = _broker.Log(Offsets).Records(0).Last();

        Assert.True(GroupRecords.TryReadKey(record.Key!, out var group));
        var kept = GroupRecords.ReadValue(record.Value!);
        Assert.Equal(("g", generation, member), (group, kept.Generation, Assert.Single(kept.Members).Id));
        Assert.Equal(_broker.Time.GetUtcNow().ToUnixTimeMilliseconds(), kept.StateTimestamp);
    }

    [Theory]
    [InlineData(5_999)]
    [InlineData(30 * 60 * 1000 + 1)]
    public async Task Join_SessionTimeoutOutOfBounds_IsRefusedAndCreatesNoGroup(int sessionMs)
    {
        Assert.Equal(ErrorCode.InvalidSessionTimeout, (await Join(sessionMs)).ErrorCode);
        Assert.Null(_broker.Groups.Find("g"));
    }

    [Fact]
    public async Task EveryRequest_LogNotWritable_IsNotCoordinator()
    {
        var producer = _broker.Ongoing(Offsets);
        var (member, generation) = await _broker.Consume("h", "consumer", "a");
        _broker.Commit("g", 1);
        _broker.Topics.Close(flush: false);

        Assert.Equal(ErrorCode.NotCoordinator, (await Join(group: "new")).ErrorCode);
        Assert.Equal(ErrorCode.NotCoordinator, _broker.Commit("g", 2));
        Assert.Equal(ErrorCode.NotCoordinator, _broker.Commit("h", 2, member, generation));
        Assert.Equal(ErrorCode.NotCoordinator, _broker.CommitOffset(producer, 2));
        Assert.Equal((ErrorCode.None, 1), _broker.Fetch());
        _broker.Groups.Offsets.ForgetTopic("a");
        Assert.Equal((ErrorCode.None, 1), _broker.Fetch());
    }

    [Fact]
    public async Task Remove_PendingTransactionOffsets_AreGone()
    {
        var producer = _broker.Ongoing(Offsets);
        Assert.Equal(ErrorCode.None, _broker.CommitOffset(producer, 7));
        var held = _broker.Groups.Find("g")!;
        lock (held.Gate) Assert.Equal(ErrorCode.None, _broker.Groups.Remove(held));

        // A client that had looked the group up before it was removed is told to retry; then it gets a new group.
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, held.ValidateCommit("", null, -1, transactional: true, 0));
        _broker.End(producer, commit: true);
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        await _broker.Crash();
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Null(_broker.Groups.Find("g"));
    }

    private Task<JoinGroupResponse> Join(int sessionMs = GroupHarness.SessionMs, string group = "g") => _broker.Groups.Join(
        new RequestContext("c", "/127.0.0.1", 9, "1", CancellationToken.None),
        new JoinGroupRequest
        {
            GroupId = group,
            SessionTimeoutMs = sessionMs,
            ProtocolType = "consumer",
            Protocols = [new JoinGroupProtocol { Name = "range" }],
        });
}
