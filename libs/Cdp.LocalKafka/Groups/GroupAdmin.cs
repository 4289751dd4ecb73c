using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Groups;

/// <summary>The group APIs for administrators: list, describe and delete groups, and delete their offsets.</summary>
internal sealed class GroupAdmin(TopicStore topics, OffsetStore offsets, GroupCoordinator groups)
{
    private const string GroupType = "classic";

    /// <summary>Filters ignore case. An empty filter matches all groups (KIP-518).</summary>
    public ListGroupsResponse List(ListGroupsRequest request)
    {
        var states = (request.StatesFilter ?? []).Select(state => state.Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var types = (request.TypesFilter ?? []).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (types.Count > 0 && !types.Contains(GroupType)) return new ListGroupsResponse();
        return new ListGroupsResponse
        {
            Groups =
            [
                .. groups.Groups.OrderBy(group => group.Id, StringComparer.Ordinal).Select(Listed)
                    .Where(group => states.Count == 0 || states.Contains(group.GroupState)),
            ],
        };
    }

    /// <summary>A group that does not exist is reported as Dead, without an error, as in Kafka.</summary>
    public DescribeGroupsResponse Describe(DescribeGroupsRequest request) => new()
    {
        Groups = (request.Groups ?? []).ConvertAll(id =>
        {
            var described = new DescribedGroup { GroupId = id, GroupState = nameof(GroupState.Dead) };
            if (request.IncludeAuthorizedOperations) described.AuthorizedOperations = AuthorizedOperations.Group;
            if (groups.Find(id) is { } group)
                lock (group.Gate) Describe(group, described);
            return described;
        }),
    };

    public DeleteGroupsResponse Delete(DeleteGroupsRequest request) => new()
    {
        Results = [.. (request.GroupsNames ?? []).Distinct().Select(id => new DeletedGroup { GroupId = id, ErrorCode = Delete(id) })],
    };

    /// <summary>Deletes offsets of topics that no member subscribes to (KIP-496).</summary>
    public OffsetDeleteResponse DeleteOffsets(OffsetDeleteRequest request)
    {
        if (request.GroupId.Length == 0) return new OffsetDeleteResponse { ErrorCode = ErrorCode.InvalidGroupId };
        if (groups.Find(request.GroupId) is not { } group) return new OffsetDeleteResponse { ErrorCode = ErrorCode.GroupIdNotFound };
        lock (group.Gate)
        {
            if (group.State == GroupState.Dead) return new OffsetDeleteResponse { ErrorCode = ErrorCode.GroupIdNotFound };
            if (group.State != GroupState.Empty && group.ProtocolType != ConsumerProtocol.Type)
                return new OffsetDeleteResponse { ErrorCode = ErrorCode.NonEmptyGroup };

            var verdicts =
                (from topic in request.Topics ?? []
                 from p in topic.Partitions ?? []
                 select new TopicPartition(topic.Name, p.PartitionIndex)).Distinct().ToDictionary(p => p, p => MayDelete(group, p));
            var error = offsets.Remove(group, [.. group.Offsets.Partitions.Where(p => verdicts.TryGetValue(p, out var verdict) && verdict == ErrorCode.None)]);
            if (error != ErrorCode.None) return new OffsetDeleteResponse { ErrorCode = error };
            return new OffsetDeleteResponse
            {
                Topics =
                [
                    .. verdicts.GroupBy(verdict => verdict.Key.Topic).Select(topic => new CommittedTopic
                    {
                        Name = topic.Key,
                        Partitions = [.. topic.Select(v => new CommittedPartition { PartitionIndex = v.Key.Partition, ErrorCode = v.Value })],
                    }),
                ],
            };
        }
    }

    private static ListedGroup Listed(Group group)
    {
        lock (group.Gate)
            return new ListedGroup { GroupId = group.Id, ProtocolType = group.ProtocolType ?? "", GroupState = group.State.ToString(), GroupType = GroupType };
    }

    private static void Describe(Group group, DescribedGroup described)
    {
        var stable = group.State == GroupState.Stable;
        described.GroupState = group.State.ToString();
        described.ProtocolType = group.ProtocolType ?? "";
        described.ProtocolData = stable ? group.ProtocolName ?? "" : "";
        described.Members =
        [
            .. group.Members.Select(m => new DescribedGroupMember
            {
                MemberId = m.Id,
                GroupInstanceId = m.InstanceId,
                ClientId = m.ClientId,
                ClientHost = m.ClientHost,
                MemberMetadata = stable ? m.MetadataFor(group.ProtocolName) : [],
                MemberAssignment = m.Assignment,
            }),
        ];
    }

    private ErrorCode Delete(string id)
    {
        if (groups.Find(id) is not { } group) return ErrorCode.GroupIdNotFound;
        lock (group.Gate)
        {
            return group.State switch
            {
                GroupState.Dead => ErrorCode.GroupIdNotFound,
                GroupState.Empty => groups.Remove(group),
                _ => ErrorCode.NonEmptyGroup,
            };
        }
    }

    private ErrorCode MayDelete(Group group, TopicPartition partition)
    {
        if (topics.Find(partition.Topic)?.Partition(partition.Partition) is null) return ErrorCode.UnknownTopicOrPartition;
        return group.IsSubscribedTo(partition.Topic) ? ErrorCode.GroupSubscribedToTopic : ErrorCode.None;
    }
}
