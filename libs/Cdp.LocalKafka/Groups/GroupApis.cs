using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Server;

namespace Cdp.LocalKafka.Groups;

/// <summary>
/// The rows of the dispatch table for groups. OffsetCommit and OffsetFetch begin where Kafka 4.0 does (KIP-896). The APIs of KIP-848's
/// groups are not offered: they would be a second state machine beside this one, and clients use the classic protocol unless told otherwise.
/// </summary>
internal static class GroupApis
{
    public static IEnumerable<Api> Rows(GroupCoordinator groups, GroupAdmin admin, BrokerNode node) =>
    [
        Api.Of<FindCoordinatorRequest>(ApiKey.FindCoordinator, 0, 6, 3, (context, request) => FindCoordinator(request, context.ApiVersion, node)),
        Api.Of<JoinGroupRequest>(ApiKey.JoinGroup, 0, 9, 6, async (context, request) => await groups.Join(context, request)),
        Api.Of<SyncGroupRequest>(ApiKey.SyncGroup, 0, 5, 4, async (_, request) => await groups.Sync(request)),
        Api.Of<HeartbeatRequest>(ApiKey.Heartbeat, 0, 4, 4, (_, request) => groups.Heartbeat(request)),
        Api.Of<LeaveGroupRequest>(ApiKey.LeaveGroup, 0, 5, 4, (context, request) => groups.Leave(request, context.ApiVersion)),
        Api.Of<OffsetCommitRequest>(ApiKey.OffsetCommit, 2, 9, 8, (context, request) => groups.Offsets.Commit(request, context.ApiVersion)),
        Api.Of<OffsetFetchRequest>(ApiKey.OffsetFetch, 1, 9, 6, (context, request) => groups.Offsets.Fetch(request, context.ApiVersion)),
        Api.Of<ListGroupsRequest>(ApiKey.ListGroups, 0, 5, 3, (_, request) => admin.List(request)),
        Api.Of<DescribeGroupsRequest>(ApiKey.DescribeGroups, 0, 5, 5, (_, request) => admin.Describe(request)),
        Api.Of<DeleteGroupsRequest>(ApiKey.DeleteGroups, 0, 2, 2, (_, request) => admin.Delete(request)),
        Api.Of<OffsetDeleteRequest>(ApiKey.OffsetDelete, 0, 0, short.MaxValue, (_, request) => admin.DeleteOffsets(request)),
    ];

    /// <summary>One node coordinates all groups (0) and transactional ids (1); the share groups (2) of KIP-932 are not supported.</summary>
    public static FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, short version, BrokerNode self)
    {
        var error = request.KeyType is 0 or 1 ? ErrorCode.None : ErrorCode.InvalidRequest;
        var message = error == ErrorCode.None ? null : $"coordinators of kind {request.KeyType} are not supported";
        var (id, host, port) = error == ErrorCode.None ? (BrokerNode.Id, self.Host, self.Port) : (-1, "", -1);
        return version < 4
            ? new FindCoordinatorResponse { ErrorCode = error, ErrorMessage = message, NodeId = id, Host = host, Port = port }
            : new FindCoordinatorResponse
            {
                Coordinators = (request.CoordinatorKeys ?? []).ConvertAll(key => new FoundCoordinator
                {
                    Key = key,
                    NodeId = id,
                    Host = host,
                    Port = port,
                    ErrorCode = error,
                    ErrorMessage = message,
                }),
            };
    }
}
