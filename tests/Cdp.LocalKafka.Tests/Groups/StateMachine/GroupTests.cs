using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using static Cdp.LocalKafka.Tests.Groups.StateMachine.GroupDriver;

namespace Cdp.LocalKafka.Tests.Groups.StateMachine;

public sealed class GroupTests
{
    [Fact]
    public void Join_NewMemberSinceVersion4_MustJoinAgainWithAnId()
    {
        var driver = new GroupDriver();

        var answer = Answer(driver.Join());

        Assert.Equal(ErrorCode.MemberIdRequired, answer.ErrorCode);
        Assert.StartsWith("client-", answer.MemberId, StringComparison.Ordinal);
        Assert.Equal(GroupState.Empty, driver.Group.State);
    }

    [Fact]
    public void Join_NewMemberBeforeVersion4_JoinsAtOnce()
    {
        var answer = Answer(new GroupDriver().Join(version: 3));

        Assert.Equal((ErrorCode.None, 1), (answer.ErrorCode, answer.GenerationId));
        Assert.Equal(answer.MemberId, answer.Leader);
    }

    [Fact]
    public void Join_OnlyTheLeader_GetsTheMembers()
    {
        var driver = new GroupDriver();
        var ids = new[] { Answer(driver.Join(metadata: "first")).MemberId, Answer(driver.Join(metadata: "second")).MemberId };

        var first = driver.Join(ids[0], metadata: "first");
        Assert.False(first.IsCompleted); // the group waits for the second, which already has its id
        var second = Answer(driver.Join(ids[1], metadata: "second"));

        Assert.Equal(ids[0], second.Leader);
        Assert.Empty(second.Members!);
        Assert.Equal(["first", "second"], Answer(first).Members!.Select(m => Text(m.Metadata)));
    }

    [Fact]
    public void Join_EmptyGroup_RepeatsTheInitialDelayWhileMembersJoin()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var (_, first) = driver.Enter();
        driver.Advance(40);
        var (_, second) = driver.Enter();
        driver.Advance(20);
        Assert.False(first.IsCompleted);

        driver.Advance(40);

        Assert.Equal(1, Answer(first).GenerationId);
        Assert.Equal(1, Answer(second).GenerationId);
    }

    [Fact]
    public void Join_WithoutACommonProtocol_IsRefused()
    {
        var driver = new GroupDriver();
        driver.Enter(protocols: ["range"]);

        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Answer(driver.Join(protocols: ["sticky"])).ErrorCode);
    }

    [Fact]
    public void Join_SeveralCommonProtocols_SelectsTheMostPreferred()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var joins = new[]
        {
            driver.Enter(protocols: ["range", "sticky"]).Joined,
            driver.Enter(protocols: ["sticky", "range"]).Joined,
            driver.Enter(protocols: ["sticky", "range", "other"]).Joined,
        };
        driver.Advance(200);

        Assert.All(joins, joined => Assert.Equal("sticky", Answer(joined).ProtocolName));
    }

    [Fact]
    public void Join_UnknownMemberId_IsRefused()
    {
        var driver = new GroupDriver();
        driver.Stable(1);

        Assert.Equal(ErrorCode.UnknownMemberId, Answer(driver.Join("client-gone")).ErrorCode);
    }

    [Fact]
    public void Join_UnchangedFollowerOfAStableGroup_GetsTheCurrentGeneration()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var answer = Answer(driver.Join(ids[1]));

        Assert.Equal((ErrorCode.None, 1), (answer.ErrorCode, answer.GenerationId));
        Assert.Equal(GroupState.Stable, driver.Group.State);
    }

    [Fact]
    public void Join_LeaderOfAStableGroup_StartsARebalance()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var leader = driver.Join(ids[0]);

        Assert.Equal(GroupState.PreparingRebalance, driver.Group.State);
        Assert.Equal(ErrorCode.RebalanceInProgress, driver.Heartbeat(ids[1], 1));
        Assert.Equal(2, Answer(driver.Join(ids[1])).GenerationId);
        Assert.Equal(2, Answer(leader).GenerationId);
    }

    [Fact]
    public void Join_ThirdMember_AllMembersGetTheNextGeneration()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var (_, third) = driver.Enter();
        var old = ids.ConvertAll(id => driver.Join(id));

        Assert.Equal(2, Answer(third).GenerationId);
        Assert.Equal(3, Answer(old[0]).Members!.Count);
    }

    [Fact]
    public void Join_MemberDoesNotRejoin_IsRemovedAtTheRebalanceTimeout()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);
        var rejoined = driver.Join(ids[0]);
        for (var beats = 0; beats < Rebalance / 5_000 - 1; beats++)
        {
            driver.Advance(5_000);
            Assert.Equal(ErrorCode.RebalanceInProgress, driver.Heartbeat(ids[1], 1));
        }
        Assert.False(rejoined.IsCompleted);

        driver.Advance(5_000);

        Assert.Equal(2, Answer(rejoined).GenerationId);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(ids[1], 1));
    }

    [Fact]
    public void Join_PendingIdNeverUsed_DelaysTheGroupForAtMostOneSession()
    {
        var driver = new GroupDriver();
        driver.Join();
        var (_, joined) = driver.Enter();
        Assert.False(joined.IsCompleted);

        driver.Advance(Session);

        Assert.Equal(1, Answer(joined).GenerationId);
    }

    [Fact]
    public void Sync_Followers_WaitForTheLeader()
    {
        var driver = new GroupDriver();
        var ids = new[] { Answer(driver.Join()).MemberId, Answer(driver.Join()).MemberId };
        foreach (var id in ids) driver.Join(id);

        var follower = driver.Sync(ids[1], 1);
        Assert.False(follower.IsCompleted);
        var leader = Answer(driver.Sync(ids[0], 1, (ids[0], "zero"), (ids[1], "one")));

        Assert.Equal(("zero", "one"), (Text(leader.Assignment), Text(Answer(follower).Assignment)));
        Assert.Equal(("consumer", "range"), (leader.ProtocolType, leader.ProtocolName));
    }

    [Fact]
    public void Sync_OldGenerationOrUnknownMember_IsRefused()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);

        Assert.Equal(ErrorCode.IllegalGeneration, Answer(driver.Sync(ids[0], 0)).ErrorCode);
        Assert.Equal(ErrorCode.UnknownMemberId, Answer(driver.Sync("nobody", 1)).ErrorCode);
    }

    [Fact]
    public void Sync_WhileAnotherJoins_IsToldToRejoin()
    {
        var driver = new GroupDriver();
        var ids = new[] { Answer(driver.Join()).MemberId, Answer(driver.Join()).MemberId };
        foreach (var id in ids) driver.Join(id);
        var waiting = driver.Sync(ids[1], 1);

        driver.Enter();

        Assert.Equal(ErrorCode.RebalanceInProgress, Answer(waiting).ErrorCode);
        Assert.Equal(ErrorCode.RebalanceInProgress, Answer(driver.Sync(ids[0], 1)).ErrorCode);
    }

    [Fact]
    public void Sync_LeaderNeverSyncs_IsRemovedAtTheRebalanceTimeout()
    {
        var driver = new GroupDriver();
        var ids = new[] { Answer(driver.Join()).MemberId, Answer(driver.Join()).MemberId };
        foreach (var id in ids) driver.Join(id);
        var follower = driver.Sync(ids[1], 1);
        for (var beats = 0; beats < Rebalance / 5_000; beats++)
        {
            driver.Heartbeat(ids[0], 1);
            driver.Advance(5_000);
        }

        Assert.Equal(ErrorCode.RebalanceInProgress, Answer(follower).ErrorCode);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(ids[0], 1));
        Assert.Equal(ids[1], Answer(driver.Join(ids[1])).Leader);
    }

    [Fact]
    public void Expire_SilentMember_IsRemovedAndTheOthersRebalance()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);
        driver.Advance(Session / 2);
        driver.Heartbeat(ids[0], 1);

        driver.Advance(Session / 2);

        Assert.Equal(GroupState.PreparingRebalance, driver.Group.State);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(ids[1], 1));
        Assert.Equal(ErrorCode.RebalanceInProgress, driver.Heartbeat(ids[0], 1));
        Assert.Single(Answer(driver.Join(ids[0])).Members!);
    }

    [Fact]
    public void Expire_LastMember_LeavesAnEmptyGroup()
    {
        var driver = new GroupDriver();
        driver.Stable(1);

        driver.Advance(Session);

        Assert.Equal(GroupState.Empty, driver.Group.State);
        Assert.Equal(2, driver.Group.Generation);
        Assert.Equal(long.MaxValue, driver.Group.NextDeadline);
    }

    [Fact]
    public void Leave_OneOfTwo_RebalancesImmediately()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        Assert.Equal(ErrorCode.None, driver.Leave(ids[0], null));

        Assert.Equal(ErrorCode.RebalanceInProgress, driver.Heartbeat(ids[1], 1));
        Assert.Equal(ids[1], Answer(driver.Join(ids[1])).Leader);
        Assert.Equal(ErrorCode.UnknownMemberId, driver.Leave(ids[0], null));
    }

    [Fact]
    public void Heartbeat_OldGeneration_IsIllegal()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);

        Assert.Equal(ErrorCode.None, driver.Heartbeat(ids[0], 1));
        Assert.Equal(ErrorCode.IllegalGeneration, driver.Heartbeat(ids[0], 0));
    }

    [Fact]
    public void Close_WaitingMembers_GetNotCoordinator()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var (id, joined) = driver.Enter();

        driver.Group.Close();

        Assert.Equal(ErrorCode.NotCoordinator, Answer(joined).ErrorCode);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, driver.Heartbeat(id, 0));
    }
}
