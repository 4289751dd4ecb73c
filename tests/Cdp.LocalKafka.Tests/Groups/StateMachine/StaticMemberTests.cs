using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using static Cdp.LocalKafka.Tests.Groups.StateMachine.GroupDriver;

namespace Cdp.LocalKafka.Tests.Groups.StateMachine;

public sealed class StaticMemberTests
{
    [Fact]
    public void Join_StaticMember_NeedsNoSecondJoin()
    {
        var answer = Answer(new GroupDriver().Join(instance: "i1"));

        Assert.Equal((ErrorCode.None, 1), (answer.ErrorCode, answer.GenerationId));
        Assert.StartsWith("i1-", answer.MemberId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(8, false)]
    public void Join_StaticLeaderRestarts_KeepsItsPlaceWithoutARebalance(short version, bool skipsAssignment)
    {
        var driver = new GroupDriver();
        var former = StableStatic(driver);

        var back = Answer(driver.Join(instance: "i1", version: version));

        Assert.Equal((ErrorCode.None, 1, GroupState.Stable), (back.ErrorCode, back.GenerationId, driver.Group.State));
        Assert.NotEqual(former, back.MemberId);
        Assert.Equal(skipsAssignment, back.SkipAssignment);
        Assert.Equal(skipsAssignment ? back.MemberId : former, back.Leader); // before version 9 the member must not believe that it is the leader
        Assert.Equal("mine", Text(Answer(driver.SyncStatic(back.MemberId, "i1", 1)).Assignment));
    }

    [Fact]
    public void Heartbeat_ReplacedStaticMember_IsFenced()
    {
        var driver = new GroupDriver();
        var former = StableStatic(driver);
        var back = Answer(driver.Join(instance: "i1"));

        Assert.Equal(ErrorCode.FencedInstanceId, driver.Heartbeat(former, 1, "i1"));
        Assert.Equal(ErrorCode.FencedInstanceId, driver.Group.ValidateCommit(former, "i1", 1, transactional: true, driver.Now));
        Assert.Equal(ErrorCode.FencedInstanceId, driver.Leave(former, "i1"));
        Assert.Equal(ErrorCode.None, driver.Heartbeat(back.MemberId, 1, "i1"));
    }

    [Fact]
    public void Join_SameInstanceWhileTheFirstWaits_FencesTheFirst()
    {
        var driver = new GroupDriver(initialDelayMs: 50);
        var first = driver.Join(instance: "i1");
        var second = driver.Join(instance: "i1");

        Assert.Equal(ErrorCode.FencedInstanceId, Answer(first).ErrorCode);
        driver.Advance(200);
        Assert.Equal(ErrorCode.None, Answer(second).ErrorCode);
    }

    [Fact]
    public void Join_StaticMemberPrefersAnotherProtocol_Rebalances()
    {
        var driver = new GroupDriver();
        StableStatic(driver, "range", "sticky");

        var back = Answer(driver.Join(instance: "i1", protocols: ["sticky", "range"]));

        Assert.Equal((2, "sticky"), (back.GenerationId, back.ProtocolName));
    }

    [Fact]
    public void Expire_StaticMember_KeepsItsPlaceUntilItsSessionEnds()
    {
        var driver = new GroupDriver();
        StableStatic(driver);
        driver.Advance(Session - 1);
        Assert.Equal(GroupState.Stable, driver.Group.State);

        driver.Advance(1);

        Assert.Equal(GroupState.Empty, driver.Group.State);
    }

    [Fact]
    public void Leave_ByInstanceIdAlone_RemovesTheMember()
    {
        var driver = new GroupDriver();
        StableStatic(driver);

        Assert.Equal(ErrorCode.UnknownMemberId, driver.Leave("", "i2"));
        Assert.Equal(ErrorCode.None, driver.Leave("", "i1"));

        Assert.Equal(GroupState.Empty, driver.Group.State);
    }

    [Fact]
    public void Heartbeat_UnknownInstance_IsUnknownMemberId()
    {
        var driver = new GroupDriver();
        var id = StableStatic(driver);

        Assert.Equal(ErrorCode.UnknownMemberId, driver.Heartbeat(id, 1, "i2"));
    }

    private static string StableStatic(GroupDriver driver, params string[] protocols)
    {
        var id = Answer(driver.Join(instance: "i1", protocols: protocols)).MemberId;
        Answer(driver.SyncStatic(id, "i1", 1, (id, "mine")));
        Assert.Equal(GroupState.Stable, driver.Group.State);
        return id;
    }
}
