using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>A generation forms in these steps: all members join, the leader assigns partitions, and every member receives its assignment.</summary>
internal sealed partial class Group
{
    private readonly HashSet<string> _awaitedSyncs = [];
    private long _syncDeadline = long.MaxValue;
    private long _joinDeadline = long.MaxValue;

    // An empty group waits a short initial delay for more members before its first rebalance. The delay is repeated while new members keep
    // joining, up to one rebalance timeout in total.
    private bool _inInitialDelay;
    private bool _joinedDuringDelay;
    private long _initialDelayEnds;

    public Task<SyncGroupResponse> Sync(SyncGroupRequest request, long now)
    {
        var error = ValidateSync(request);
        if (error != ErrorCode.None) return Task.FromResult(new SyncGroupResponse { ErrorCode = error });

        var member = _members.Find(request.MemberId)!;
        _awaitedSyncs.Remove(member.Id);
        if (State == GroupState.Stable) return Task.FromResult(AssignmentOf(member));

        var answer = member.AwaitSync();
        if (_members.Leader == member.Id) Assign(request.Assignments ?? [], now);
        if (_awaitedSyncs.Count == 0) _syncDeadline = long.MaxValue;
        return answer;
    }

    private void PrepareRebalance(long now)
    {
        if (State == GroupState.CompletingRebalance)
        {
            foreach (var member in _members.All) member.Assignment = [];
            AnswerSyncs(_ => new SyncGroupResponse { ErrorCode = ErrorCode.RebalanceInProgress }, now);
        }
        _awaitedSyncs.Clear();
        _syncDeadline = long.MaxValue;

        var delay = (long)options.InitialRebalanceDelay.TotalMilliseconds;
        _inInitialDelay = State == GroupState.Empty && delay > 0;
        _joinedDuringDelay = false;
        _initialDelayEnds = now + Math.Max(RebalanceTimeoutMs, delay);
        _joinDeadline = now + (_inInitialDelay ? delay : RebalanceTimeoutMs);
        State = GroupState.PreparingRebalance;
    }

    // At least 1, so that a phase that has to be repeated gets a deadline in the future.
    private int RebalanceTimeoutMs => _members.All.Select(m => m.RebalanceTimeoutMs).Append(1).Max();

    private void TryCompleteJoin(long now)
    {
        if (State == GroupState.PreparingRebalance && !_inInitialDelay && _members.EveryoneJoined) CompleteJoin(now);
    }

    /// <summary>Ends the join phase after a member has left, if no other member is awaited. This also ends the initial delay.</summary>
    private void CompleteJoinIfAllJoined(long now)
    {
        if (State == GroupState.PreparingRebalance && _members.EveryoneJoined) CompleteJoin(now);
    }

    private void OnJoinDeadline(long now)
    {
        if (_inInitialDelay && _joinedDuringDelay && now < _initialDelayEnds)
        {
            _joinedDuringDelay = false;
            _joinDeadline = Math.Min(_initialDelayEnds, now + (long)options.InitialRebalanceDelay.TotalMilliseconds);
            return;
        }
        CompleteJoin(now);
    }

    private void CompleteJoin(long now)
    {
        _inInitialDelay = false;
        // A static member keeps its place until its session ends, so that restarting it causes no rebalance.
        foreach (var late in _members.All.Where(m => !m.AwaitsJoin && m.InstanceId is null).ToList()) _members.Remove(late);
        if (_members.Count > 0 && !_members.ElectJoinedLeader())
        {
            _joinDeadline = now + RebalanceTimeoutMs;
            return;
        }

        _joinDeadline = long.MaxValue;
        Generation++;
        if (_members.Count == 0)
        {
            ProtocolName = null;
            SubscribedTopics = _members.SubscribedTopics(ProtocolType, ProtocolName);
            State = GroupState.Empty;
            // If this is not written to the log, a restart restores the previous generation, and its members' sessions then time out.
            save(this);
            return;
        }

        ProtocolName = _members.SelectProtocol();
        SubscribedTopics = _members.SubscribedTopics(ProtocolType, ProtocolName);
        State = GroupState.CompletingRebalance;
        _syncDeadline = now + RebalanceTimeoutMs;
        foreach (var member in _members.All)
        {
            member.AnswerJoin(GenerationFor(member));
            member.IsNew = false;
            RenewSession(member, now);
            _awaitedSyncs.Add(member.Id);
        }
    }

    private JoinGroupResponse GenerationFor(Member member) => new()
    {
        GenerationId = Generation,
        ProtocolType = ProtocolType,
        ProtocolName = ProtocolName,
        Leader = _members.Leader ?? "",
        MemberId = member.Id,
        Members = _members.Leader != member.Id ? [] :
        [
            .. _members.All.Select(m => new JoinGroupMember { MemberId = m.Id, GroupInstanceId = m.InstanceId, Metadata = m.MetadataFor(ProtocolName) }),
        ],
    };

    private ErrorCode ValidateSync(SyncGroupRequest request)
    {
        var error = ValidateMember(request.MemberId, request.GroupInstanceId, request.GenerationId);
        if (error != ErrorCode.None) return error;
        if (request.ProtocolType is { } type && type != ProtocolType) return ErrorCode.InconsistentGroupProtocol;
        if (request.ProtocolName is { } name && name != ProtocolName) return ErrorCode.InconsistentGroupProtocol;
        return State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    /// <summary>Makes the generation stable once it is in the log. If it cannot be written, the members get the error and a new rebalance begins.</summary>
    private void Assign(List<SyncGroupAssignment> assignments, long now)
    {
        var byMember = new Dictionary<string, byte[]>();
        foreach (var assignment in assignments) byMember[assignment.MemberId] = assignment.Assignment.GetValueOrDefault().ToArray();
        foreach (var member in _members.All) member.Assignment = byMember.GetValueOrDefault(member.Id, []);

        var error = save(this);
        if (error != ErrorCode.None)
        {
            AnswerSyncs(_ => new SyncGroupResponse { ErrorCode = error }, now);
            PrepareRebalance(now);
            TryCompleteJoin(now);
            return;
        }
        State = GroupState.Stable;
        AnswerSyncs(AssignmentOf, now);
    }

    // A session may have expired while its member waited for the response, so it starts again now.
    private void AnswerSyncs(Func<Member, SyncGroupResponse> answer, long now)
    {
        foreach (var member in _members.All.Where(m => m.AwaitsSync))
        {
            member.AnswerSync(answer(member));
            RenewSession(member, now);
        }
    }

    private SyncGroupResponse AssignmentOf(Member member) =>
        new() { ProtocolType = ProtocolType, ProtocolName = ProtocolName, Assignment = member.Assignment };

    private void ExpireSyncs(long now)
    {
        _syncDeadline = long.MaxValue;
        if (_awaitedSyncs.Count == 0) return;
        foreach (var silent in _awaitedSyncs.Select(_members.Find).OfType<Member>().ToList()) _members.Remove(silent);
        PrepareRebalance(now);
        TryCompleteJoin(now);
    }
}
