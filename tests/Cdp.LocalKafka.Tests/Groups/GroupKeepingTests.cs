using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Protocol;
using static Cdp.LocalKafka.Tests.Groups.GroupDriver;

namespace Cdp.LocalKafka.Tests.Groups;

/// <summary>What a group makes durable, and how it goes on from that.</summary>
public sealed class GroupKeepingTests
{
    [Fact]
    public void Sync_Leader_IsAnsweredOnceTheGenerationIsKept()
    {
        var driver = new GroupDriver();

        var ids = driver.Stable(2);

        var kept = Assert.Single(driver.Kept);
        Assert.Equal(("consumer", 1, "range", ids[0]), (kept.ProtocolType, kept.Generation, kept.ProtocolName, kept.Leader));
        Assert.Equal(ids, kept.Members.Select(m => m.Id));
        Assert.Equal(ids.Select(id => "a-" + id), kept.Members.Select(m => Text(m.Assignment)));
        Assert.All(kept.Members, m => Assert.Equal(
            ("client", "/127.0.0.1", Rebalance, Session, "m"), (m.ClientId, m.ClientHost, m.RebalanceTimeoutMs, m.SessionTimeoutMs, Text(m.Subscription))));
    }

    [Fact]
    public void Sync_GenerationCannotBeKept_MembersHearWhyAndRejoin()
    {
        var driver = new GroupDriver { KeepError = ErrorCode.NotCoordinator };
        var ids = new[] { Answer(driver.Join()).MemberId, Answer(driver.Join()).MemberId };
        foreach (var id in ids) driver.Join(id);

        var follower = driver.Sync(ids[1], 1);
        var leader = driver.Sync(ids[0], 1, (ids[0], "zero"), (ids[1], "one"));

        Assert.Equal(ErrorCode.NotCoordinator, Answer(leader).ErrorCode);
        Assert.Equal(ErrorCode.NotCoordinator, Answer(follower).ErrorCode);
        Assert.Equal(GroupState.PreparingRebalance, driver.Group.State);
        Assert.All(driver.Group.Members, m => Assert.Empty(m.Assignment));

        driver.KeepError = ErrorCode.None;
        var rejoined = ids.Select(id => driver.Join(id)).ToList();
        Assert.Equal(2, Answer(rejoined[0]).GenerationId);
    }

    [Fact]
    public void Leave_LastMember_KeepsTheEmptyGeneration()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);

        driver.Leave(ids[0]);

        Assert.Equal(("consumer", 2, null, null), (driver.Kept[^1].ProtocolType, driver.Kept[^1].Generation, driver.Kept[^1].ProtocolName, driver.Kept[^1].Leader));
        Assert.Empty(driver.Kept[^1].Members);
    }

    [Fact]
    public void Join_StaticMemberReplaced_ItsNewIdIsKept()
    {
        var driver = new GroupDriver();
        StableStatic(driver);

        var back = Answer(driver.Join(instance: "i1"));

        var member = Assert.Single(driver.Kept[^1].Members);
        Assert.Equal((back.MemberId, "i1", "mine"), (member.Id, member.InstanceId, Text(member.Assignment)));
        Assert.Equal((2, back.MemberId), (driver.Kept.Count, driver.Kept[^1].Leader));
    }

    [Fact]
    public void Join_StaticMemberReplacedButNotKept_TheFormerOneStays()
    {
        var driver = new GroupDriver();
        var former = StableStatic(driver);
        driver.KeepError = ErrorCode.NotCoordinator;

        var back = Answer(driver.Join(instance: "i1", metadata: "other"));

        Assert.Equal((ErrorCode.NotCoordinator, ""), (back.ErrorCode, back.MemberId));
        Assert.Equal(ErrorCode.None, driver.Heartbeat(former, 1, "i1"));
        Assert.Equal(former, driver.Group.Leader);
        Assert.Equal("m", Text(driver.Group.Members[0].MetadataFor("range")));
    }

    [Fact]
    public void Restore_StableGeneration_MembersGoOnAndZombiesStayFenced()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var after = Restarted(driver);

        Assert.Equal((GroupState.Stable, 1, "consumer", "range", ids[0]), (after.Group.State, after.Group.Generation, after.Group.ProtocolType, after.Group.ProtocolName, after.Group.Leader));
        Assert.All(ids, id => Assert.Equal(ErrorCode.None, after.Heartbeat(id, 1)));
        Assert.Equal(ErrorCode.None, after.Group.ValidateCommit(ids[1], null, 1, transactional: false, after.Now));
        Assert.Equal(ErrorCode.IllegalGeneration, after.Heartbeat(ids[0], 0));
        Assert.Equal(ErrorCode.IllegalGeneration, after.Group.ValidateCommit(ids[0], null, 0, transactional: true, after.Now));
        Assert.Equal("a-" + ids[1], Text(Answer(after.Sync(ids[1], 1)).Assignment));
    }

    [Fact]
    public void Restore_StaticMember_IsStillKnownByItsInstance()
    {
        var driver = new GroupDriver();
        var former = StableStatic(driver);

        var after = Restarted(driver);

        Assert.Equal(ErrorCode.FencedInstanceId, after.Heartbeat("nobody", 1, "i1"));
        Assert.Equal(ErrorCode.None, after.Heartbeat(former, 1, "i1"));
        Assert.Equal((ErrorCode.None, 1), (Answer(after.Join(instance: "i1")).ErrorCode, after.Group.Generation));
    }

    [Fact]
    public void Loaded_Members_HaveANewSession()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var after = Restarted(driver);
        after.Advance(Session - 1);
        Assert.Equal(ErrorCode.None, after.Heartbeat(ids[0], 1));
        after.Advance(1);

        Assert.Equal(ErrorCode.UnknownMemberId, after.Heartbeat(ids[1], 1));
        Assert.Equal(ErrorCode.RebalanceInProgress, after.Heartbeat(ids[0], 1));
    }

    [Fact]
    public void Loaded_MoreMembersThanAllowedByNow_Rebalances()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var after = Restarted(driver, maxSize: 1);

        Assert.Equal(ErrorCode.RebalanceInProgress, after.Heartbeat(ids[0], 1));
        var joined = after.Join(ids[0]);
        Assert.Equal(ErrorCode.GroupMaxSizeReached, Answer(after.Join(ids[1])).ErrorCode);
        Assert.Equal((2, 1), (Answer(joined).GenerationId, after.Group.Members.Count));
    }

    [Fact]
    public void Restore_EmptyGeneration_IsEmptyAndCountsOn()
    {
        var driver = new GroupDriver();
        driver.Leave(driver.Stable(1)[0]);

        var after = Restarted(driver);

        Assert.Equal((GroupState.Empty, 2), (after.Group.State, after.Group.Generation));
        Assert.Equal(3, Answer(after.Enter().Joined).GenerationId);
    }

    private static GroupDriver Restarted(GroupDriver driver, int maxSize = int.MaxValue)
    {
        var after = new GroupDriver(maxSize: maxSize);
        after.Group.Restore(GroupRecords.ReadValue(GroupRecords.Value(driver.Kept[^1])));
        after.Group.Loaded(after.Now);
        return after;
    }

    private static string StableStatic(GroupDriver driver)
    {
        var id = Answer(driver.Join(instance: "i1")).MemberId;
        Answer(driver.SyncStatic(id, "i1", 1, (id, "mine")));
        return id;
    }
}
