using System.Text;
using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Groups;

public sealed class GroupAdminTests : IAsyncDisposable
{
    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    private GroupAdmin Admin => new(_broker.Topics, new OffsetStore(new OffsetsLog(_broker.Topics), _broker.Time), _broker.Groups);

    [Theory]
    [InlineData("", "", "empty,simple,stable")]
    [InlineData("stable", "", "stable")]
    [InlineData(" EMPTY ", "Classic", "empty,simple")]
    [InlineData("Dead", "", "")]
    [InlineData("", "consumer", "")]
    [InlineData("", "consumer,classic", "empty,simple,stable")]
    public async Task List_Filters_ReturnsGroupsOfThoseStatesAndTypes(string states, string types, string expected)
    {
        await _broker.Consume("stable", "consumer", "a");
        _broker.Leave("empty", (await _broker.Consume("empty", "connect")).Member);
        _broker.Commit("simple", 1);

        var listed = Admin.List(new ListGroupsRequest { StatesFilter = Filter(states), TypesFilter = Filter(types) });

        Assert.Equal(expected, string.Join(',', listed.Groups!.Select(group => group.GroupId)));
        Assert.All(listed.Groups!, group => Assert.Equal(
            group.GroupId switch { "stable" => ("consumer", "Stable", "classic"), "empty" => ("connect", "Empty", "classic"), _ => ("", "Empty", "classic") },
            (group.ProtocolType, group.GroupState, group.GroupType)));
    }

    [Fact]
    public async Task Describe_StableGroup_ReturnsItsMembers()
    {
        var (id, _) = await _broker.Consume("g", "consumer", "a");

        var described = Describe("g");

        Assert.Equal(
            ("Stable", "consumer", "range", int.MinValue),
            (described.GroupState, described.ProtocolType, described.ProtocolData, described.AuthorizedOperations));
        var member = Assert.Single(described.Members!);
        Assert.Equal(
            (id, "c", "/127.0.0.1", "mine"),
            (member.MemberId, member.ClientId, member.ClientHost, Encoding.UTF8.GetString(member.MemberAssignment!.Value.Span)));
        Assert.Equal(["a"], ConsumerProtocol.Topics(member.MemberMetadata!.Value.ToArray()));
    }

    [Fact]
    public void Describe_UnknownGroup_IsDead()
    {
        var described = Describe("none", operations: true);

        Assert.Equal((ErrorCode.None, "Dead", 0b1101_0100_1000), (described.ErrorCode, described.GroupState, described.AuthorizedOperations));
    }

    [Fact]
    public async Task Delete_SeveralGroups_DeletesOnlyEmptyOnesWithTheirOffsets()
    {
        var (member, generation) = await _broker.Consume("busy", "consumer", "a");
        _broker.Commit("g", 5);

        var deleted = Admin.Delete(new DeleteGroupsRequest { GroupsNames = ["busy", "g", "none"] });

        Assert.Equal([ErrorCode.NonEmptyGroup, ErrorCode.None, ErrorCode.GroupIdNotFound], deleted.Results!.Select(result => result.ErrorCode));
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Equal("Dead", Describe("g").GroupState);
        await _broker.Crash();
        Assert.Null(_broker.Groups.Find("g"));
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
        Assert.Equal(ErrorCode.None, _broker.Heartbeat("busy", member, generation));
    }

    [Fact]
    public void Commit_AfterTheGroupWasDeleted_CreatesANewGroup()
    {
        _broker.Commit("g", 5);
        Admin.Delete(new DeleteGroupsRequest { GroupsNames = ["g"] });

        Assert.Equal(ErrorCode.None, _broker.Commit("g", 6));

        Assert.Equal((ErrorCode.None, 6), _broker.Fetch());
    }

    [Fact]
    public void Delete_LogNotWritable_KeepsTheGroup()
    {
        _broker.Commit("g", 5);
        _broker.Topics.Close(flush: false);

        Assert.Equal(ErrorCode.NotCoordinator, Admin.Delete(new DeleteGroupsRequest { GroupsNames = ["g"] }).Results![0].ErrorCode);
        Assert.Equal((ErrorCode.None, 5), _broker.Fetch());
    }

    [Fact]
    public async Task DeleteOffsets_StableConsumers_DeletesOnlyUnsubscribedTopics()
    {
        _broker.Topics.Create("b", 1, new Dictionary<string, string>());
        var (member, generation) = await _broker.Consume("g", "consumer", "a");
        _broker.Commit("g", 5, member, generation);
        _broker.Commit("g", 6, member, generation, topic: "b");

        var response = DeleteOffsets("g", "a", "b", "none");

        Assert.Equal(ErrorCode.None, response.ErrorCode);
        Assert.Equal(
            [("a", ErrorCode.GroupSubscribedToTopic), ("b", ErrorCode.None), ("none", ErrorCode.UnknownTopicOrPartition)],
            response.Topics!.Select(topic => (topic.Name, topic.Partitions![0].ErrorCode)));
        Assert.Equal([CoordinatorHarness.A0], _broker.Groups.Find("g")!.Offsets.Partitions);
    }

    [Fact]
    public async Task DeleteOffsets_GroupWithoutMembers_DeletesAnyTopic()
    {
        var (member, generation) = await _broker.Consume("g", "consumer", "a");
        _broker.Commit("g", 5, member, generation);
        _broker.Leave("g", member);

        Assert.Equal(ErrorCode.None, DeleteOffsets("g", "a").Topics![0].Partitions![0].ErrorCode);

        await _broker.Crash();
        Assert.Equal((ErrorCode.None, -1), _broker.Fetch());
    }

    [Fact]
    public async Task DeleteOffsets_InvalidGroup_IsRefused()
    {
        await _broker.Consume("connect", "connect", "a");

        Assert.Equal(ErrorCode.NonEmptyGroup, DeleteOffsets("connect", "a").ErrorCode);
        Assert.Equal(ErrorCode.GroupIdNotFound, DeleteOffsets("none", "a").ErrorCode);
        Assert.Equal(ErrorCode.InvalidGroupId, DeleteOffsets("", "a").ErrorCode);
    }

    [Theory]
    [InlineData(0, 6, ErrorCode.None)]
    [InlineData(1, 5, ErrorCode.None)]
    [InlineData(2, 6, ErrorCode.InvalidRequest)]
    [InlineData(2, 3, ErrorCode.InvalidRequest)]
    internal void FindCoordinator_EachKeyType_IsThisNodeExceptForShareGroups(sbyte kind, short version, ErrorCode expected)
    {
        var response = GroupApis.FindCoordinator(
            new FindCoordinatorRequest { Key = "k", CoordinatorKeys = ["k", "l"], KeyType = kind }, version, new BrokerNode("host", 9092, "c"));

        var found = version < 4
            ? [(response.ErrorCode, response.NodeId, response.Port)]
            : response.Coordinators!.Select(c => (c.ErrorCode, c.NodeId, c.Port)).ToArray();
        Assert.Equal(version < 4 ? 1 : 2, found.Length);
        Assert.All(found, f => Assert.Equal(expected == ErrorCode.None ? (expected, 1, 9092) : (expected, -1, -1), f));
    }

    private static List<string> Filter(string names) => [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries)];

    private DescribedGroup Describe(string group, bool operations = false) =>
        Assert.Single(Admin.Describe(new DescribeGroupsRequest { Groups = [group], IncludeAuthorizedOperations = operations }).Groups!);

    private OffsetDeleteResponse DeleteOffsets(string group, params string[] topics) => Admin.DeleteOffsets(new OffsetDeleteRequest
    {
        GroupId = group,
        Topics = [.. topics.Select(topic => new OffsetDeleteTopic { Name = topic, Partitions = [new OffsetDeletePartition()] })],
    });
}
