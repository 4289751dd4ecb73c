using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Groups;

/// <summary>
/// The group entries of the dispatch table. OffsetCommit and OffsetFetch start at the same version as in Kafka 4.0 (KIP-896). The group APIs of
/// KIP-848 are not offered: they would need a second state machine, and clients use the classic protocol by default.
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

    /// <summary>The one node coordinates all groups (key type 0) and transactional ids (1). The share groups of KIP-932 (2) are not supported.</summary>
    public static FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, short version, BrokerNode self)
    {
        var error = request.KeyType is 0 or 1 ? ErrorCode.None : ErrorCode.InvalidRequest;
        var message = error == ErrorCode.None ? null : $"coordinator key type {request.KeyType} is not supported";
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
