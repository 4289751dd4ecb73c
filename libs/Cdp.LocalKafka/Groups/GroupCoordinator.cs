using System.Collections.Concurrent;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Groups;

/// <summary>
/// Handles all requests about consumer groups. Stable generations and committed offsets are restored from <c>__consumer_offsets</c>, so after a
/// restart members continue where they were, with a new session. Closing a connection removes no member; only its session timeout does.
/// </summary>
internal sealed class GroupCoordinator : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly GroupOptions _options;
    private readonly BrokerNode _node;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly DeadlineTimer<Group> _deadlines;
    private readonly GroupStore _store;
    private readonly GroupAdmin _admin;
    private readonly OffsetCleaner _cleaner;

    /// <param name="node">The node to report to clients as the coordinator.</param>
    public GroupCoordinator(TopicStore topics, TimeProvider time, GroupOptions options, BrokerNode node)
    {
        _options = options;
        _node = node;
        _time = time;
        _started = time.GetTimestamp();
        _deadlines = new DeadlineTimer<Group>(time, () => Now, Expire);
        var log = new OffsetsLog(topics);
        var offsets = new OffsetStore(log, time);
        _store = new GroupStore(log, time);
        Load(log, offsets);
        Offsets = new OffsetCommits(topics, offsets, this, options);
        _admin = new GroupAdmin(topics, offsets, this);
        _cleaner = new OffsetCleaner(this, offsets, time, options);
    }

    public OffsetCommits Offsets { get; }

    public IEnumerable<Api> Apis => GroupApis.Rows(this, _admin, _node);

    /// <summary>Milliseconds since the start, by a monotonic clock. Otherwise a change of the system time could end sessions.</summary>
    public long Now => (long)_time.GetElapsedTime(_started).TotalMilliseconds;

    public IEnumerable<Group> Groups => _groups.Values;

    public Group? Find(string id) => _groups.GetValueOrDefault(id);

    public Group GetOrCreate(string id) => _groups.GetOrAdd(id, static (id, self) => new Group(id, self._options, self._store.Save), this);

    /// <summary>Deletes a group. A request that still holds the group finds it dead and retries. The caller holds the group's lock.</summary>
    public ErrorCode Remove(Group group)
    {
        var error = _store.Remove(group);
        if (error == ErrorCode.None) _groups.TryRemove(KeyValuePair.Create(group.Id, group));
        return error;
    }

    /// <summary>Stops the timers and responds to all waiting members. The logs must still be open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cleaner.DisposeAsync();
        await _deadlines.DisposeAsync();
        foreach (var group in _groups.Values)
            lock (group.Gate) group.Close();
    }

    public Task<JoinGroupResponse> Join(RequestContext context, JoinGroupRequest request)
    {
        if (request.GroupId.Length == 0) return Refused(ErrorCode.InvalidGroupId);
        var session = TimeSpan.FromMilliseconds(request.SessionTimeoutMs);
        if (session < _options.MinSessionTimeout || session > _options.MaxSessionTimeout) return Refused(ErrorCode.InvalidSessionTimeout);
        if (Find(request.GroupId) is { } group) return Locked(group, now => Join(group, now));
        if (request.MemberId.Length > 0) return Refused(ErrorCode.UnknownMemberId);

        // A new group is written to the log before any response names it. If another member has joined meanwhile, it is already there.
        var created = GetOrCreate(request.GroupId);
        return Locked(created, now =>
            created.State == GroupState.Empty && _store.Save(created) is not ErrorCode.None and var error ? Refused(error) : Join(created, now));

        Task<JoinGroupResponse> Join(Group group, long now) =>
            group.Join(request, context.ApiVersion, context.ClientId ?? "", context.ClientHost, now);

        Task<JoinGroupResponse> Refused(ErrorCode error) => Task.FromResult(new JoinGroupResponse { ErrorCode = error, MemberId = request.MemberId });
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
        var response = Find(request.GroupId) is { } group ? Locked(group, now => group.Leave(leaving, now)) : new LeaveGroupResponse
        {
            Members = leaving.ConvertAll(m => new LeftMember
            {
                MemberId = m.MemberId,
                GroupInstanceId = m.GroupInstanceId,
                ErrorCode = ErrorCode.UnknownMemberId,
            }),
        };
        // Up to version 2 the error of the single member is at the top level.
        if (version < 3 && response.Members is [{ ErrorCode: var error }]) response.ErrorCode = error;
        return response;
    }

    /// <summary>Runs one step of a group's state machine under its lock, then schedules the group's next deadline.</summary>
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

    private void Load(OffsetsLog log, OffsetStore offsets)
    {
        foreach (var record in log.Records)
        {
            if (record.IsControl) offsets.EndTransaction(record.ProducerId, record.IsCommit);
            else if (record.Key is not { } key) continue;
            else if (OffsetRecords.TryReadKey(key, out var id, out var partition))
            {
                if (record.Value is null) Find(id)?.Offsets.Remove(partition);
                else offsets.Replay(GetOrCreate(id), partition, record);
            }
            else if (GroupRecords.TryReadKey(key, out id))
            {
                if (record.Value is null) _groups.TryRemove(id, out _);
                else GetOrCreate(id).Restore(GroupRecords.ReadValue(record.Value));
            }
        }
        foreach (var group in Groups)
        {
            lock (group.Gate) group.StartSessions(Now);
            _deadlines.Schedule(group, group.NextDeadline);
        }
    }

    private static long Expire(Group group, long now)
    {
        lock (group.Gate)
        {
            group.Expire(now);
            return group.NextDeadline;
        }
    }
}
