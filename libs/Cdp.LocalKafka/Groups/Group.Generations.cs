using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>How a generation comes to be: everyone joins, the leader assigns, everyone hears its assignment.</summary>
internal sealed partial class Group
{
    private readonly HashSet<string> _awaitedSyncs = [];
    private long _syncDeadline = long.MaxValue;
    private long _joinDeadline = long.MaxValue;

    // The first rebalance of an empty group waits a little for others, again for as long as new ones come, at most a rebalance timeout in all.
    private bool _gathering;
    private bool _joinedSinceGathering;
    private long _gatheringEnds;

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
        _gathering = State == GroupState.Empty && delay > 0;
        _joinedSinceGathering = false;
        _gatheringEnds = now + Math.Max(RebalanceTimeoutMs, delay);
        _joinDeadline = now + (_gathering ? delay : RebalanceTimeoutMs);
        State = GroupState.PreparingRebalance;
    }

    // At least one, so that a phase that has to begin anew does so later.
    private int RebalanceTimeoutMs => _members.All.Select(m => m.RebalanceTimeoutMs).Append(1).Max();

    private void TryCompleteJoin(long now)
    {
        if (State == GroupState.PreparingRebalance && !_gathering && _members.EveryoneJoined) CompleteJoin(now);
    }

    /// <summary>Once nobody else is awaited because someone is gone, even a group that gathers goes on.</summary>
    private void CompleteJoinIfEveryoneIsHere(long now)
    {
        if (State == GroupState.PreparingRebalance && _members.EveryoneJoined) CompleteJoin(now);
    }

    private void JoinPhaseIsOver(long now)
    {
        if (_gathering && _joinedSinceGathering && now < _gatheringEnds)
        {
            _joinedSinceGathering = false;
            _joinDeadline = Math.Min(_gatheringEnds, now + (long)options.InitialRebalanceDelay.TotalMilliseconds);
            return;
        }
        CompleteJoin(now);
    }

    private void CompleteJoin(long now)
    {
        _gathering = false;
        // A static member keeps its place until its session is over, so that a restart costs no rebalance.
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
            // Should it not get into the log, a restart brings back the last generation, whose members' sessions then run out.
            keep(this);
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
            Heard(member, now);
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

    /// <summary>The generation is stable once it is kept. If it cannot be, the members hear why and a new one begins.</summary>
    private void Assign(List<SyncGroupAssignment> assignments, long now)
    {
        var byMember = new Dictionary<string, byte[]>();
        foreach (var assignment in assignments) byMember[assignment.MemberId] = assignment.Assignment.GetValueOrDefault().ToArray();
        foreach (var member in _members.All) member.Assignment = byMember.GetValueOrDefault(member.Id, []);

        var error = keep(this);
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

    // Sessions that ran out while their members waited begin anew with the answer.
    private void AnswerSyncs(Func<Member, SyncGroupResponse> answer, long now)
    {
        foreach (var member in _members.All.Where(m => m.AwaitsSync))
        {
            member.AnswerSync(answer(member));
            Heard(member, now);
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
