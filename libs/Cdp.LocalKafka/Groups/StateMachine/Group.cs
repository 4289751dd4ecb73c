using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>
/// The state machine of one classic group. It handles joins, syncs, heartbeats and leaves, and reports its next deadline. It has no clock:
/// the time is an argument of every call, in milliseconds. Callers hold <see cref="Gate"/>.
/// The rules are those of Kafka's group coordinator (KIP-62, KIP-345, KIP-389, KIP-394, KIP-559, KIP-814).
/// </summary>
/// <param name="save">
/// Writes the group's <see cref="Snapshot"/> to the log. Responses that depend on it are sent only after it succeeds, and carry its error if it fails.
/// </param>
internal sealed partial class Group(string id, GroupOptions options, Func<Group, ErrorCode> save)
{
    /// <summary>A new member whose join is not answered within this time is removed. A client that still wants to join sends another request.</summary>
    private const long NewMemberJoinTimeoutMs = 5 * 60 * 1000;

    private Membership _members = new();

    public Lock Gate { get; } = new();
    public string Id { get; } = id;
    public GroupState State { get; private set; }
    public int Generation { get; private set; }
    public string? ProtocolType { get; private set; }
    public string? ProtocolName { get; private set; }
    public GroupOffsets Offsets { get; } = new();
    public IReadOnlyList<Member> Members => _members.All;
    public string? Leader => _members.Leader;

    /// <summary>The next time at which <see cref="Expire"/> has something to do.</summary>
    public long NextDeadline
    {
        get
        {
            var next = Math.Min(_joinDeadline, _syncDeadline);
            foreach (var member in _members.All) next = Math.Min(next, member.Deadline);
            foreach (var deadline in _members.Pending.Values) next = Math.Min(next, deadline);
            return next;
        }
    }

    public ErrorCode Heartbeat(HeartbeatRequest request, long now)
    {
        var error = ValidateMember(request.MemberId, request.GroupInstanceId, request.GenerationId);
        if (error != ErrorCode.None) return error;
        RenewSession(_members.Find(request.MemberId)!, now);
        return State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    /// <summary>
    /// Removes all leaving members before the group rebalances. Members are identified by id or, by an administrator, by instance id alone (KIP-345).
    /// </summary>
    public LeaveGroupResponse Leave(IReadOnlyList<LeavingMember> leaving, long now)
    {
        if (State == GroupState.Dead) return new LeaveGroupResponse { ErrorCode = ErrorCode.CoordinatorNotAvailable };
        var left = leaving.Select(m => new LeftMember
        {
            MemberId = m.MemberId,
            GroupInstanceId = m.GroupInstanceId,
            ErrorCode = Leave(m.MemberId, m.GroupInstanceId),
        }).ToList();
        if (left.Exists(m => m.ErrorCode == ErrorCode.None))
        {
            if (State is GroupState.Stable or GroupState.CompletingRebalance) PrepareRebalance(now);
            TryCompleteJoin(now);
        }
        return new LeaveGroupResponse { Members = left };
    }

    /// <summary>
    /// Whether this member may commit offsets (KIP-447 for transactions). A negative generation means that the client manages its partitions
    /// itself; it may commit as long as the group has no members. A commit outside a transaction renews the member's session.
    /// </summary>
    public ErrorCode ValidateCommit(string memberId, string? instanceId, int generation, bool transactional, long now)
    {
        if (State == GroupState.Dead) return ErrorCode.CoordinatorNotAvailable;
        if (generation < 0 && State == GroupState.Empty) return ErrorCode.None;
        if (generation < 0 && memberId.Length == 0 && instanceId is null) return transactional ? ErrorCode.None : ErrorCode.UnknownMemberId;

        var error = ValidateMember(memberId, instanceId, generation);
        if (error != ErrorCode.None || transactional) return error;
        if (State == GroupState.CompletingRebalance) return ErrorCode.RebalanceInProgress;
        RenewSession(_members.Find(memberId)!, now);
        return ErrorCode.None;
    }

    /// <summary>Handles everything that is due: removes members whose session has ended, and ends phases whose deadline has passed.</summary>
    public void Expire(long now)
    {
        foreach (var pending in _members.Pending.Where(p => p.Value <= now).ToList())
        {
            _members.RemovePending(pending.Key);
            CompleteJoinIfAllJoined(now);
        }
        foreach (var member in _members.All.Where(m => m.Deadline <= now).ToList())
        {
            if (member.Deadline > now) continue; // renewed by a phase that ended in this loop
            // A member that waits for a response cannot send heartbeats. Its session starts again with the response.
            if (!member.IsNew && (member.AwaitsJoin || member.AwaitsSync)) member.Deadline = long.MaxValue;
            else Remove(member, now);
        }
        if (_syncDeadline <= now) ExpireSyncs(now);
        if (_joinDeadline <= now) OnJoinDeadline(now);
    }

    /// <summary>Call when the coordinator stops or the group is deleted. Waiting members are told to find the coordinator again.</summary>
    public void Close()
    {
        State = GroupState.Dead;
        foreach (var member in _members.All)
        {
            member.AnswerJoin(new JoinGroupResponse { ErrorCode = ErrorCode.NotCoordinator, MemberId = member.Id });
            member.AnswerSync(new SyncGroupResponse { ErrorCode = ErrorCode.NotCoordinator });
        }
    }

    private ErrorCode ValidateMember(string memberId, string? instanceId, int generation)
    {
        if (State == GroupState.Dead) return ErrorCode.CoordinatorNotAvailable;
        var error = _members.Validate(memberId, instanceId);
        if (error != ErrorCode.None) return error;
        return generation == Generation ? ErrorCode.None : ErrorCode.IllegalGeneration;
    }

    private ErrorCode Leave(string memberId, string? instanceId)
    {
        if (memberId.Length == 0)
        {
            if (instanceId is null || _members.FindInstance(instanceId) is not { } known) return ErrorCode.UnknownMemberId;
            Drop(known);
            return ErrorCode.None;
        }
        if (_members.RemovePending(memberId)) return ErrorCode.None;

        var error = _members.Validate(memberId, instanceId);
        if (error == ErrorCode.None) Drop(_members.Find(memberId)!);
        return error;
    }

    private void Remove(Member member, long now)
    {
        Drop(member);
        if (State is GroupState.Stable or GroupState.CompletingRebalance) PrepareRebalance(now);
        CompleteJoinIfAllJoined(now);
    }

    private void Drop(Member member)
    {
        member.AnswerJoin(new JoinGroupResponse { ErrorCode = ErrorCode.UnknownMemberId });
        member.AnswerSync(new SyncGroupResponse { ErrorCode = ErrorCode.UnknownMemberId });
        _members.Remove(member);
        _awaitedSyncs.Remove(member.Id);
    }

    private static void RenewSession(Member member, long now) => member.Deadline = now + member.SessionTimeoutMs;
}
