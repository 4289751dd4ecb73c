using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Groups;

/// <summary>Offset retention (KIP-211), run by the coordinator's own timer.</summary>
public sealed class OffsetRetentionTests : IAsyncDisposable
{
    private static readonly TimeSpan Retention = new GroupOptions().OffsetsRetention;
    private static readonly TimeSpan Check = new GroupOptions().OffsetsRetentionCheckInterval;

    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Expire_GroupWithoutMembership_IsRemovedSevenDaysAfterItsCommit()
    {
        _broker.Commit("g", 5);
        _broker.Time.Advance(Retention - Check);
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());

        _broker.Time.Advance(Check);

        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Null(_broker.Groups.Find("g"));
        await _broker.Crash();
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Null(_broker.Groups.Find("g"));
    }

    [Fact]
    public void Expire_GroupWithoutMembershipCommitsAgain_KeepsItsOffset()
    {
        _broker.Commit("g", 5);
        _broker.Time.Advance(Retention - Check);
        _broker.Commit("g", 6);

        _broker.Time.Advance(Retention - Check);

        Assert.Equal((ErrorCode.None, 6), _broker.Fetch());
    }

    [Fact]
    public async Task Expire_EmptyGroup_IsRemovedSevenDaysAfterItsLastMember()
    {
        var (member, generation) = await _broker.Consume("g", "consumer", "a");
        _broker.Commit("g", 5, member, generation);
        _broker.AdvanceWithHeartbeats(TimeSpan.FromDays(1), "g", member, generation);
        _broker.Leave("g", member);

        _broker.Time.Advance(Retention - Check);
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
        await _broker.Crash(); // the log records since when the group has been empty
        _broker.Time.Advance(Check + Check);

        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Null(_broker.Groups.Find("g"));
    }

    [Fact]
    public async Task Expire_StableGroup_RemovesOnlyUnsubscribedTopics()
    {
        _broker.Topics.Create("b", 1, new Dictionary<string, string>());
        var (member, generation) = await _broker.Consume("g", "consumer", "a");
        _broker.Commit("g", 5, member, generation);
        _broker.Commit("g", 6, member, generation, topic: "b");

        _broker.AdvanceWithHeartbeats(Retention + Check, "g", member, generation);

        Assert.Equal([A0], _broker.Groups.Find("g")!.Offsets.Committed.Keys);
    }

    [Fact]
    public async Task Expire_StableGroupOfAnotherProtocolType_KeepsAll()
    {
        var (member, generation) = await _broker.Consume("g", "connect", "b");
        _broker.Commit("g", 5, member, generation);

        _broker.AdvanceWithHeartbeats(Retention + Check, "g", member, generation);

        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
    }

    [Fact]
    public void Expire_CommitWithItsOwnRetention_IsRemovedAfterIt()
    {
        Assert.Equal(ErrorCode.None, _broker.Commit("g", 5, retentionMs: (long)TimeSpan.FromHours(1).TotalMilliseconds));
        _broker.Commit("h", 6, retentionMs: (long)(Retention * 2).TotalMilliseconds);

        _broker.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(_broker.Groups.Find("g"));
        _broker.Time.Advance(Retention * 1.5);
        Assert.Equal((ErrorCode.None, 6), _broker.Fetch(group: "h"));
    }

    [Fact]
    public void Expire_PendingOffset_KeepsPartitionAndGroup()
    {
        _broker.Commit("g", 5);
        var group = _broker.Groups.Find("g")!;
        group.Offsets.CommitPending(1, A0, new CommittedOffset(7, -1, "", 0, null, 99));
        group.Offsets.CommitPending(1, A1, new CommittedOffset(7, -1, "", 0, null, 99));

        _broker.Time.Advance(Retention * 2);

        Assert.Equal([A0], group.Offsets.Committed.Keys);
        Assert.Same(group, _broker.Groups.Find("g"));
        group.Offsets.EndTransaction(1, commit: false);
        _broker.Time.Advance(Check);
        Assert.Null(_broker.Groups.Find("g"));
    }

    [Fact]
    public async Task Expire_GroupWithoutOffsetsAndMembers_IsRemovedAtTheNextCheck()
    {
        var (member, _) = await _broker.Consume("g", "consumer", "a");
        _broker.Leave("g", member);

        _broker.Time.Advance(Check);

        Assert.Null(_broker.Groups.Find("g"));
        Assert.Equal(ErrorCode.UnknownMemberId, _broker.Heartbeat("g", member, 1));
    }
}
