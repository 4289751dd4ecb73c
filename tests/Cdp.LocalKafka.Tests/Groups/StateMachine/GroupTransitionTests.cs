using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using static Cdp.LocalKafka.Tests.Groups.StateMachine.GroupDriver;

namespace Cdp.LocalKafka.Tests.Groups.StateMachine;

/// <summary>Rare transitions of Kafka's classic group.</summary>
public sealed class GroupTransitionTests
{
    [Fact]
    public void Join_FullStableGroup_IsRefused()
    {
        var driver = new GroupDriver(maxSize: 2);
        var ids = driver.Stable(2);

        Assert.Equal(ErrorCode.GroupMaxSizeReached, Answer(driver.Join()).ErrorCode);
        Assert.Equal((GroupState.Stable, 2), (driver.Group.State, driver.Group.Members.Count));
        driver.Join(ids[0]);
        Assert.Equal(2, Answer(driver.Join(ids[1])).GenerationId);
    }

    [Fact]
    public void Join_MaxSizeReachedWhileJoining_RefusesOthersButNotARetry()
    {
        var driver = new GroupDriver(initialDelayMs: 50, maxSize: 1);
        var (id, _) = driver.Enter();

        Assert.Equal(ErrorCode.GroupMaxSizeReached, Answer(driver.Join()).ErrorCode);
        var retried = driver.Join(id);
        driver.Advance(100);
        Assert.Equal((ErrorCode.None, 1), (Answer(retried).ErrorCode, Answer(retried).Members!.Count));
    }

    [Fact]
    public void Join_LastMemberLeftDuringTheInitialDelay_KeepsTheProtocolType()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var (id, _) = driver.Enter();
        driver.Leave(id);
        Assert.Equal(GroupState.PreparingRebalance, driver.Group.State);

        var other = driver.Group.Join(
            new JoinGroupRequest
            {
                SessionTimeoutMs = Session,
                ProtocolType = "connect",
                Protocols = [new JoinGroupProtocol { Name = "range" }],
            }, 3, "c", "/h", driver.Now);

        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Answer(other).ErrorCode);
    }

    [Fact]
    public void Join_FormerMemberOfAnEmptyGroup_IsUnknown()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);
        driver.Leave(ids[0]);

        Assert.Equal(ErrorCode.UnknownMemberId, Answer(driver.Join(ids[0])).ErrorCode);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(ids[0], 2));
        Assert.Equal(ErrorCode.UnknownMemberId, Answer(driver.Sync(ids[0], 2)).ErrorCode);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Group.ValidateCommit(ids[0], null, 2, transactional: false, driver.Now));
        Assert.Equal(ErrorCode.None, driver.Group.ValidateCommit(ids[0], null, -1, transactional: false, driver.Now));
    }

    [Fact]
    public void Join_WhileTheAssignmentIsAwaited_OnlyAChangedMemberRebalances()
    {
        var driver = new GroupDriver();
        var (id, _) = driver.Enter();

        Assert.Equal(1, Answer(driver.Join(id)).GenerationId);
        Assert.Equal(2, Answer(driver.Join(id, metadata: "other")).GenerationId);
    }

    [Fact]
    public void Join_FollowerWithAnotherSubscription_Rebalances()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        Assert.False(driver.Join(ids[1], metadata: "other").IsCompleted);
        Assert.Equal(GroupState.PreparingRebalance, driver.Group.State);
    }

    [Fact]
    public void Join_LeaderDoesNotRejoin_ElectsAnotherLeader()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);
        var (_, third) = driver.Enter();
        var second = driver.Join(ids[1]);

        driver.Advance(Rebalance);

        Assert.Equal(ids[1], Answer(second).Leader);
        Assert.Equal([ids[1], Answer(third).MemberId], Answer(second).Members!.Select(m => m.MemberId));
    }

    [Fact]
    public void Join_StaticMemberReplacedWhileNew_IsNotTimedOutWhileItWaits()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);
        driver.Join(instance: "i1");
        var back = driver.Join(instance: "i1");
        for (var beats = 0; beats < 3; beats++)
        {
            driver.Advance(Session / 2);
            driver.Heartbeat(ids[0], 1);
        }

        Assert.False(back.IsCompleted);
        driver.Join(ids[0]);
        Assert.Equal((ErrorCode.None, 2), (Answer(back).ErrorCode, Answer(back).GenerationId));
    }

    [Fact]
    public void Join_StaticMemberReplacedWhileTheAssignmentIsAwaited_Rebalances()
    {
        var driver = new GroupDriver();
        driver.Join(instance: "i1");

        var back = Answer(driver.Join(instance: "i1"));

        Assert.Equal((2, GroupState.CompletingRebalance), (back.GenerationId, driver.Group.State));
    }

    [Fact]
    public void Sync_SessionExpiredWhileWaiting_StartsAgainWithTheResponse()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var (leader, _) = driver.Enter();
        var joined = driver.Join(instance: "i1");
        driver.Advance(100);
        var id = Answer(joined).MemberId;
        var waiting = driver.SyncStatic(id, "i1", 1);
        for (var beats = 0; beats < 3; beats++)
        {
            driver.Advance(Session / 2);
            driver.Heartbeat(leader, 1);
        }
        driver.Join(leader, metadata: "other");
        Assert.Equal(ErrorCode.RebalanceInProgress, Answer(waiting).ErrorCode);

        driver.Advance(Session);

        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(id, 2, "i1"));
    }

    [Fact]
    public void Sync_StableGroup_DoesNotRenewTheSession()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);
        driver.Advance(Session - 1);
        Assert.Equal(ErrorCode.None, Answer(driver.Sync(ids[0], 1)).ErrorCode);

        driver.Advance(1);

        Assert.Equal(GroupState.Empty, driver.Group.State);
    }

    [Fact]
    public void Sync_DifferentProtocol_IsInconsistent()
    {
        var driver = new GroupDriver();
        var (id, _) = driver.Enter();

        ErrorCode Sync(string? type, string? name) => Answer(driver.Group.Sync(
            new SyncGroupRequest { MemberId = id, GenerationId = 1, ProtocolType = type, ProtocolName = name }, driver.Now)).ErrorCode;

        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Sync("connect", "range"));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Sync("consumer", "sticky"));
        Assert.Equal(ErrorCode.None, Sync(null, null));
    }

    [Fact]
    public void Expire_FollowerNeverSynced_IsRemovedAtTheRebalanceTimeout()
    {
        var driver = new GroupDriver();
        var ids = new[] { Answer(driver.Join()).MemberId, Answer(driver.Join()).MemberId };
        foreach (var id in ids) driver.Join(id);
        Answer(driver.Sync(ids[0], 1));
        for (var beats = 0; beats < Rebalance / 5_000; beats++)
        {
            foreach (var id in ids) driver.Heartbeat(id, 1);
            driver.Advance(5_000);
        }

        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(ids[1], 1));
        Assert.Equal(ErrorCode.RebalanceInProgress, driver.Heartbeat(ids[0], 1));
    }

    [Fact]
    public void Expire_PendingIdDuringTheInitialDelay_EndsTheDelay()
    {
        var driver = new GroupDriver(initialDelayMs: Session * 2);
        driver.Join();
        var (_, joined) = driver.Enter();

        driver.Advance(Session);

        Assert.Equal(1, Answer(joined).GenerationId);
    }

    [Fact]
    public void Leave_SeveralAtOnce_CausesOneRebalance()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(3);
        driver.Join(ids[0]);
        var waiting = driver.Join(ids[1]);

        var left = driver.Group.Leave(
            [new LeavingMember { MemberId = ids[2] }, new LeavingMember { MemberId = ids[0], Reason = "moved" }, new LeavingMember { MemberId = "x" }],
            driver.Now);

        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.UnknownMemberId], left.Members!.Select(m => m.ErrorCode));
        Assert.Equal((2, 1), (Answer(waiting).GenerationId, Answer(waiting).Members!.Count));
    }

    [Fact]
    public void Leave_PendingMember_CompletesTheRebalance()
    {
        var driver = new GroupDriver();
        var pending = Answer(driver.Join()).MemberId;
        var (_, joined) = driver.Enter();
        Assert.False(joined.IsCompleted);

        Assert.Equal(ErrorCode.None, driver.Leave(pending));

        Assert.Equal(1, Answer(joined).GenerationId);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Leave(pending));
    }

    [Fact]
    public void Leave_WaitingMember_GetsUnknownMemberId()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var (id, joined) = driver.Enter();

        driver.Leave(id);

        Assert.Equal((ErrorCode.UnknownMemberId, ""), (Answer(joined).ErrorCode, Answer(joined).MemberId));
    }

    [Fact]
    public void ValidateCommit_WhileTheAssignmentIsAwaited_IsRefusedOutsideTransactions()
    {
        var driver = new GroupDriver();
        var (id, _) = driver.Enter();

        Assert.Equal(ErrorCode.RebalanceInProgress, driver.Group.ValidateCommit(id, null, 1, transactional: false, driver.Now));
        Assert.Equal(ErrorCode.None, driver.Group.ValidateCommit(id, null, 1, transactional: true, driver.Now));
    }

    [Fact]
    public void ValidateCommit_DuringARebalance_AcceptsThePreviousGeneration()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);
        driver.Join(ids[0]);

        Assert.Equal(ErrorCode.None, driver.Group.ValidateCommit(ids[1], null, 1, transactional: false, driver.Now));
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Group.ValidateCommit("", null, -1, transactional: false, driver.Now));
    }
}
