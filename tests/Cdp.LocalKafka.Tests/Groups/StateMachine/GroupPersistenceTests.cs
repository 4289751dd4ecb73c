using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Protocol;
using static Cdp.LocalKafka.Tests.Groups.StateMachine.GroupDriver;

namespace Cdp.LocalKafka.Tests.Groups.StateMachine;

/// <summary>What a group saves, and how it continues from that after a restart.</summary>
public sealed class GroupPersistenceTests
{
    [Fact]
    public void Sync_Leader_RespondsAfterTheGenerationIsSaved()
    {
        var driver = new GroupDriver();

        var ids = driver.Stable(2);

        var saved = Assert.Single(driver.Saved);
        Assert.Equal(("consumer", 1, "range", ids[0]), (saved.ProtocolType, saved.Generation, saved.ProtocolName, saved.Leader));
        Assert.Equal(ids, saved.Members.Select(m => m.Id));
        Assert.Equal(ids.Select(id => "a-" + id), saved.Members.Select(m => Text(m.Assignment)));
        Assert.All(saved.Members, m => Assert.Equal(
            ("client", "/127.0.0.1", Rebalance, Session, "m"), (m.ClientId, m.ClientHost, m.RebalanceTimeoutMs, m.SessionTimeoutMs, Text(m.Subscription))));
    }

    [Fact]
    public void Sync_GenerationCannotBeSaved_MembersGetTheErrorAndRejoin()
    {
        var driver = new GroupDriver { SaveError = ErrorCode.NotCoordinator };
        var ids = new[] { Answer(driver.Join()).MemberId, Answer(driver.Join()).MemberId };
        foreach (var id in ids) driver.Join(id);

        var follower = driver.Sync(ids[1], 1);
        var leader = driver.Sync(ids[0], 1, (ids[0], "zero"), (ids[1], "one"));

        Assert.Equal(ErrorCode.NotCoordinator, Answer(leader).ErrorCode);
        Assert.Equal(ErrorCode.NotCoordinator, Answer(follower).ErrorCode);
        Assert.Equal(GroupState.PreparingRebalance, driver.Group.State);
        Assert.All(driver.Group.Members, m => Assert.Empty(m.Assignment));

        driver.SaveError = ErrorCode.None;
        var rejoined = ids.Select(id => driver.Join(id)).ToList();
        Assert.Equal(2, Answer(rejoined[0]).GenerationId);
    }

    [Fact]
    public void Leave_LastMember_SavesTheEmptyGeneration()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(1);

        driver.Leave(ids[0]);

        Assert.Equal(
            ("consumer", 2, null, null), (driver.Saved[^1].ProtocolType, driver.Saved[^1].Generation, driver.Saved[^1].ProtocolName, driver.Saved[^1].Leader));
        Assert.Empty(driver.Saved[^1].Members);
    }

    [Fact]
    public void Join_StaticMemberReplaced_SavesItsNewId()
    {
        var driver = new GroupDriver();
        StableStatic(driver);

        var back = Answer(driver.Join(instance: "i1"));

        var member = Assert.Single(driver.Saved[^1].Members);
        Assert.Equal((back.MemberId, "i1", "mine"), (member.Id, member.InstanceId, Text(member.Assignment)));
        Assert.Equal((2, back.MemberId), (driver.Saved.Count, driver.Saved[^1].Leader));
    }

    [Fact]
    public void Join_StaticMemberReplacedButNotSaved_KeepsTheFormerMember()
    {
        var driver = new GroupDriver();
        var former = StableStatic(driver);
        driver.SaveError = ErrorCode.NotCoordinator;

        var back = Answer(driver.Join(instance: "i1", metadata: "other"));

        Assert.Equal((ErrorCode.NotCoordinator, ""), (back.ErrorCode, back.MemberId));
        Assert.Equal(ErrorCode.None, driver.Heartbeat(former, 1, "i1"));
        Assert.Equal(former, driver.Group.Leader);
        Assert.Equal("m", Text(driver.Group.Members[0].MetadataFor("range")));
    }

    [Fact]
    public void Restore_StableGeneration_MembersContinueAndOldGenerationsAreRefused()
    {
        var driver = new GroupDriver();
        var ids = driver.Stable(2);

        var after = Restarted(driver);

        Assert.Equal(
            (GroupState.Stable, 1, "consumer", "range", ids[0]),
            (after.Group.State, after.Group.Generation, after.Group.ProtocolType, after.Group.ProtocolName, after.Group.Leader));
        Assert.All(ids, id => Assert.Equal(ErrorCode.None, after.Heartbeat(id, 1)));
        Assert.Equal(ErrorCode.None, after.Group.ValidateCommit(ids[1], null, 1, transactional: false, after.Now));
        Assert.Equal(ErrorCode.IllegalGeneration, after.Heartbeat(ids[0], 0));
        Assert.Equal(ErrorCode.IllegalGeneration, after.Group.ValidateCommit(ids[0], null, 0, transactional: true, after.Now));
        Assert.Equal("a-" + ids[1], Text(Answer(after.Sync(ids[1], 1)).Assignment));
    }

    [Fact]
    public void Restore_StaticMember_IsKnownByItsInstanceId()
    {
        var driver = new GroupDriver();
        var former = StableStatic(driver);

        var after = Restarted(driver);

        Assert.Equal(ErrorCode.FencedInstanceId, after.Heartbeat("nobody", 1, "i1"));
        Assert.Equal(ErrorCode.None, after.Heartbeat(former, 1, "i1"));
        Assert.Equal((ErrorCode.None, 1), (Answer(after.Join(instance: "i1")).ErrorCode, after.Group.Generation));
    }

    [Fact]
    public void StartSessions_Members_HaveANewSession()
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
    public void StartSessions_MoreMembersThanMaxSize_Rebalances()
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
    public void Restore_EmptyGeneration_IsEmptyAndGenerationsContinue()
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
        after.Group.Restore(GroupRecords.ReadValue(GroupRecords.Value(driver.Saved[^1])));
        after.Group.StartSessions(after.Now);
        return after;
    }

    private static string StableStatic(GroupDriver driver)
    {
        var id = Answer(driver.Join(instance: "i1")).MemberId;
        Answer(driver.SyncStatic(id, "i1", 1, (id, "mine")));
        return id;
    }
}
