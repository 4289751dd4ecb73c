using System.Collections.Concurrent;
using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Server;

namespace Cdp.LocalKafka.Groups;

/// <summary>The address that clients reach this node by.</summary>
internal readonly record struct NodeAddress(int NodeId, string Host, int Port);

/// <summary>
/// Answers everything about consumer groups. Members are forgotten when the process ends, as if every session had expired, and join again;
/// committed offsets are read back from <c>__consumer_offsets</c>. A closed connection removes no member: only its session timeout does.
/// </summary>
internal sealed class GroupCoordinator : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly GroupOptions _options;
    private readonly Func<NodeAddress> _self;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly DeadlineTimer<Group> _deadlines;
    private readonly OffsetStore _store;

    /// <param name="self">Asked at each FindCoordinator: the port is known once the server listens.</param>
    public GroupCoordinator(TopicStore topics, TimeProvider time, GroupOptions options, Func<NodeAddress> self)
    {
        _options = options;
        _self = self;
        _time = time;
        _started = time.GetTimestamp();
        _deadlines = new DeadlineTimer<Group>(time, () => Now, Expire);
        _store = new OffsetStore(topics, time);
        _store.Load(GetOrCreate);
        Offsets = new OffsetCommits(topics, _store, this, options);
    }

    public OffsetCommits Offsets { get; }

    /// <summary>The rows of the dispatch table for groups. OffsetCommit and OffsetFetch begin where Kafka 4.0 does (KIP-896).</summary>
    public IEnumerable<Api> Apis =>
    [
        Api.Of<FindCoordinatorRequest>(ApiKey.FindCoordinator, 0, 4, 3, (context, request) => Answer(FindCoordinator(request, context.ApiVersion))),
        Api.Of<JoinGroupRequest>(ApiKey.JoinGroup, 0, 9, 6, async (context, request) => await Join(context, request)),
        Api.Of<SyncGroupRequest>(ApiKey.SyncGroup, 0, 5, 4, async (_, request) => await Sync(request)),
        Api.Of<HeartbeatRequest>(ApiKey.Heartbeat, 0, 4, 4, (_, request) => Answer(Heartbeat(request))),
        Api.Of<LeaveGroupRequest>(ApiKey.LeaveGroup, 0, 5, 4, (context, request) => Answer(Leave(request, context.ApiVersion))),
        Api.Of<OffsetCommitRequest>(ApiKey.OffsetCommit, 2, 9, 8, (context, request) => Answer(Offsets.Commit(request, context.ApiVersion))),
        Api.Of<OffsetFetchRequest>(ApiKey.OffsetFetch, 1, 9, 6, (context, request) => Answer(Offsets.Fetch(request, context.ApiVersion))),
    ];

    /// <summary>Milliseconds since the start, by the clock that nobody sets: a session must not end because the time of day was corrected.</summary>
    public long Now => (long)_time.GetElapsedTime(_started).TotalMilliseconds;

    public IEnumerable<Group> Groups => _groups.Values;

    public Group? Find(string id) => _groups.GetValueOrDefault(id);

    public Group GetOrCreate(string id) => _groups.GetOrAdd(id, static (id, options) => new Group(id, options), _options);

    /// <summary>Stops the clock and sends away whoever waits. The logs must still be open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _deadlines.DisposeAsync();
        foreach (var group in _groups.Values)
            lock (group.Gate) group.Close();
    }

    public Task<JoinGroupResponse> Join(RequestContext context, JoinGroupRequest request)
    {
        if (request.GroupId.Length == 0) return Task.FromResult(Refused(ErrorCode.InvalidGroupId));
        var group = request.MemberId.Length == 0 ? GetOrCreate(request.GroupId) : Find(request.GroupId);
        return group is null
            ? Task.FromResult(Refused(ErrorCode.UnknownMemberId))
            : Locked(group, now => group.Join(request, context.ApiVersion, context.ClientId ?? "", context.ClientHost, now));

        JoinGroupResponse Refused(ErrorCode error) => new() { ErrorCode = error, MemberId = request.MemberId };
    }

    public Task<SyncGroupResponse> Sync(SyncGroupRequest request)
    {
        if (request.GroupId.Length == 0) return Task.FromResult(new SyncGroupResponse { ErrorCode = ErrorCode.InvalidGroupId });
        return Find(request.GroupId) is { } group
            ? Locked(group, now => group.Sync(request, now))
            : Task.FromResult(new SyncGroupResponse { ErrorCode = ErrorCode.UnknownMemberId });
    }

    public HeartbeatResponse Heartbeat(HeartbeatRequest request)
    {
        if (request.GroupId.Length == 0) return new HeartbeatResponse { ErrorCode = ErrorCode.InvalidGroupId };
        return new HeartbeatResponse
        {
            ErrorCode = Find(request.GroupId) is { } group ? Locked(group, now => group.Heartbeat(request, now)) : ErrorCode.UnknownMemberId,
        };
    }

    public LeaveGroupResponse Leave(LeaveGroupRequest request, short version)
    {
        if (request.GroupId.Length == 0) return new LeaveGroupResponse { ErrorCode = ErrorCode.InvalidGroupId };
        var leaving = version < 3 ? [new LeavingMember { MemberId = request.MemberId }] : request.Members ?? [];
        var group = Find(request.GroupId);
        var left = leaving.ConvertAll(member => new LeftMember
        {
            MemberId = member.MemberId,
            GroupInstanceId = member.GroupInstanceId,
            ErrorCode = group is null ? ErrorCode.UnknownMemberId : Locked(group, now => group.Leave(member.MemberId, member.GroupInstanceId, now)),
        });
        return version < 3 ? new LeaveGroupResponse { ErrorCode = left[0].ErrorCode } : new LeaveGroupResponse { Members = left };
    }

    private FindCoordinatorResponse FindCoordinator(FindCoordinatorRequest request, short version)
    {
        // Groups (0) and transactional ids (1): one node coordinates all of them.
        var error = request.KeyType is 0 or 1 ? ErrorCode.None : ErrorCode.InvalidRequest;
        var message = error == ErrorCode.None ? null : $"coordinators of kind {request.KeyType} are not supported";
        var node = error == ErrorCode.None ? _self() : new NodeAddress(-1, "", -1);
        return version < 4
            ? new FindCoordinatorResponse { ErrorCode = error, ErrorMessage = message, NodeId = node.NodeId, Host = node.Host, Port = node.Port }
            : new FindCoordinatorResponse
            {
                Coordinators = (request.CoordinatorKeys ?? []).ConvertAll(key => new FoundCoordinator
                {
                    Key = key,
                    NodeId = node.NodeId,
                    Host = node.Host,
                    Port = node.Port,
                    ErrorCode = error,
                    ErrorMessage = message,
                }),
            };
    }

    /// <summary>Runs a step of a group's state machine and sees to it that its next deadline is met.</summary>
    public T Locked<T>(Group group, Func<long, T> step)
    {
        T result;
        long deadline;
        lock (group.Gate)
        {
            result = step(Now);
            deadline = group.NextDeadline;
        }
        _deadlines.Schedule(group, deadline);
        return result;
    }

    private static long Expire(Group group, long now)
    {
        lock (group.Gate)
        {
            group.Expire(now);
            return group.NextDeadline;
        }
    }

    private static Task<IWireFields?> Answer(IWireFields response) => Task.FromResult<IWireFields?>(response);
}
