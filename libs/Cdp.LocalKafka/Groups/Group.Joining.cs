using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>How members enter a group, and how a generation comes to be.</summary>
internal sealed partial class Group
{
    private long _joinDeadline = long.MaxValue;

    // The first rebalance of an empty group waits a little for others, again for as long as new ones come, at most a rebalance timeout in all.
    private bool _gathering;
    private bool _joinedSinceGathering;
    private long _gatheringEnds;

    /// <summary>Answers at once with an error, an id to come back with, or the generation that stands; else when the next generation is complete.</summary>
    public Task<JoinGroupResponse> Join(JoinGroupRequest request, short version, string clientId, string clientHost, long now)
    {
        var joined = Enter(request, version, clientId, clientHost, now);
        TryCompleteJoin(now);
        return joined;
    }

    private Task<JoinGroupResponse> Enter(JoinGroupRequest request, short version, string clientId, string clientHost, long now)
    {
        if (IsFull(request.MemberId)) return TurnedAway(request);
        if (State == GroupState.Dead) return Refused(request, ErrorCode.CoordinatorNotAvailable);
        if (!Accepts(request)) return Refused(request, ErrorCode.InconsistentGroupProtocol);
        if (request.MemberId.Length > 0) return EnterKnown(request, clientId, clientHost, now);

        var newId = $"{request.GroupInstanceId ?? clientId}-{Guid.NewGuid()}";
        if (request.GroupInstanceId is { } instance)
            return _members.FindInstance(instance) is { } known
                ? Replace(known, newId, request, version, now)
                : Add(new Member(newId, instance, MemberTerms.Of(request), clientId, clientHost), request.ProtocolType, now);

        // KIP-394: since version 4 a client must come back with the id it is given, so that a lost answer leaves no ghost member behind.
        if (version < 4) return Add(new Member(newId, null, MemberTerms.Of(request), clientId, clientHost), request.ProtocolType, now);
        _members.Expect(newId, now + request.SessionTimeoutMs);
        return Task.FromResult(new JoinGroupResponse { ErrorCode = ErrorCode.MemberIdRequired, MemberId = newId });
    }

    private Task<JoinGroupResponse> EnterKnown(JoinGroupRequest request, string clientId, string clientHost, long now)
    {
        if (request.GroupInstanceId is null && _members.Pending.ContainsKey(request.MemberId))
            return Add(new Member(request.MemberId, null, MemberTerms.Of(request), clientId, clientHost), request.ProtocolType, now);

        var error = _members.Validate(request.MemberId, request.GroupInstanceId);
        if (error != ErrorCode.None) return Refused(request, error);

        // Whoever lost the answer to its join gets it again. A leader of a stable group that joins again wants a new assignment,
        // for topics may have changed; so does anyone with a new subscription.
        var member = _members.Find(request.MemberId)!;
        var asBefore = member.Matches(request);
        var stands = asBefore && (State == GroupState.CompletingRebalance || (State == GroupState.Stable && _members.Leader != member.Id));
        return stands ? Task.FromResult(GenerationFor(member)) : Rejoin(member, request, now);
    }

    private Task<JoinGroupResponse> Add(Member member, string protocolType, long now)
    {
        ProtocolType = protocolType;
        member.IsNew = true;
        member.Deadline = now + NewMemberJoinTimeoutMs;
        _members.Add(member);
        var joined = member.AwaitJoin();
        if (_gathering) _joinedSinceGathering = true;
        if (State != GroupState.PreparingRebalance) PrepareRebalance(now);
        return joined;
    }

    private Task<JoinGroupResponse> Rejoin(Member member, JoinGroupRequest request, long now)
    {
        member.Terms = MemberTerms.Of(request);
        var joined = member.AwaitJoin();
        if (State != GroupState.PreparingRebalance) PrepareRebalance(now);
        return joined;
    }

    /// <summary>
    /// A static member came back without its id, after a restart: it takes the place of its former self, in a stable group without
    /// a rebalance (KIP-345). Older clients would assign again when they read that they lead, so they are told the former id leads;
    /// since version 9 the answer says to skip the assignment (KIP-814).
    /// </summary>
    private Task<JoinGroupResponse> Replace(Member member, string newId, JoinGroupRequest request, short version, long now)
    {
        var (formerId, formerTerms, formerLeader) = (member.Id, member.Terms, _members.Leader);
        _members.Rename(member, newId);
        member.Terms = MemberTerms.Of(request);
        Heard(member, now);
        if (State != GroupState.Stable || _members.SelectProtocol() != ProtocolName)
        {
            var joined = member.AwaitJoin();
            if (State != GroupState.PreparingRebalance) PrepareRebalance(now);
            return joined;
        }

        var error = keep(this);
        if (error != ErrorCode.None)
        {
            _members.Rename(member, formerId);
            member.Terms = formerTerms;
            return Refused(request, error);
        }

        if (_awaitedSyncs.Remove(formerId)) _awaitedSyncs.Add(newId);
        var generation = GenerationFor(member);
        generation.SkipAssignment = version >= 9 && _members.Leader == newId;
        if (!generation.SkipAssignment) generation.Members = [];
        if (version < 9) generation.Leader = formerLeader ?? "";
        return Task.FromResult(generation);
    }

    private bool Accepts(JoinGroupRequest request) =>
        State == GroupState.Empty
            ? request.ProtocolType.Length > 0 && request.Protocols is { Count: > 0 }
            : request.ProtocolType == ProtocolType && _members.Accepts(request);

    // While members come back to a group that is too large, the last ones are turned away.
    private bool IsFull(string memberId) => State switch
    {
        GroupState.Empty or GroupState.Dead => false,
        GroupState.PreparingRebalance => _members.Find(memberId) is not { AwaitsJoin: true } && _members.JoinedCount >= options.MaxSize,
        _ => _members.Find(memberId) is null && _members.Count >= options.MaxSize,
    };

    private Task<JoinGroupResponse> TurnedAway(JoinGroupRequest request)
    {
        _members.Forget(request.MemberId);
        if (_members.Find(request.MemberId) is { } member) Drop(member);
        return Task.FromResult(new JoinGroupResponse { ErrorCode = ErrorCode.GroupMaxSizeReached });
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

    private static Task<JoinGroupResponse> Refused(JoinGroupRequest request, ErrorCode error) =>
        Task.FromResult(new JoinGroupResponse { ErrorCode = error, MemberId = request.MemberId });
}
