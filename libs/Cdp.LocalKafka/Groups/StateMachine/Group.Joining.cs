using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>How members enter a group.</summary>
internal sealed partial class Group
{
    /// <summary>
    /// Lets a member join. Responds at once with an error, with a member id to join with, or with the current generation; otherwise responds
    /// when the next generation is complete.
    /// </summary>
    public Task<JoinGroupResponse> Join(JoinGroupRequest request, short version, string clientId, string clientHost, long now)
    {
        var joined = Enter(request, version, clientId, clientHost, now);
        TryCompleteJoin(now);
        return joined;
    }

    private Task<JoinGroupResponse> Enter(JoinGroupRequest request, short version, string clientId, string clientHost, long now)
    {
        if (IsFull(request.MemberId)) return RefuseFull(request);
        if (State == GroupState.Dead) return Refused(request, ErrorCode.CoordinatorNotAvailable);
        if (!Accepts(request)) return Refused(request, ErrorCode.InconsistentGroupProtocol);
        if (request.MemberId.Length > 0) return EnterKnown(request, clientId, clientHost, now);

        var newId = $"{request.GroupInstanceId ?? clientId}-{Guid.NewGuid()}";
        if (request.GroupInstanceId is { } instance)
            return _members.FindInstance(instance) is { } known
                ? Replace(known, newId, request, version, now)
                : Add(new Member(newId, instance, MemberSettings.Of(request), clientId, clientHost), request.ProtocolType, now);

        // KIP-394: since version 4 a client must join again with the id that it was given. Without that, a lost response would leave a member that no client
        // knows about.
        if (version < 4) return Add(new Member(newId, null, MemberSettings.Of(request), clientId, clientHost), request.ProtocolType, now);
        _members.AddPending(newId, now + request.SessionTimeoutMs);
        return Task.FromResult(new JoinGroupResponse { ErrorCode = ErrorCode.MemberIdRequired, MemberId = newId });
    }

    private Task<JoinGroupResponse> EnterKnown(JoinGroupRequest request, string clientId, string clientHost, long now)
    {
        if (request.GroupInstanceId is null && _members.Pending.ContainsKey(request.MemberId))
            return Add(new Member(request.MemberId, null, MemberSettings.Of(request), clientId, clientHost), request.ProtocolType, now);

        var error = _members.Validate(request.MemberId, request.GroupInstanceId);
        if (error != ErrorCode.None) return Refused(request, error);

        // A member that lost the response to its join gets the same response again. If the leader of a stable group joins again, it wants a new
        // assignment, because topics may have changed. A member with a new subscription also needs a new assignment.
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
        if (_inInitialDelay) _joinedDuringDelay = true;
        if (State != GroupState.PreparingRebalance) PrepareRebalance(now);
        return joined;
    }

    private Task<JoinGroupResponse> Rejoin(Member member, JoinGroupRequest request, long now)
    {
        member.Settings = MemberSettings.Of(request);
        var joined = member.AwaitJoin();
        if (State != GroupState.PreparingRebalance) PrepareRebalance(now);
        return joined;
    }

    /// <summary>
    /// Handles a static member that joins without an id, after a restart. It replaces its earlier instance, and in a stable group that needs no
    /// rebalance (KIP-345). A client that is told that it is the leader would assign partitions again, so the response names the former id as
    /// leader. Since version 9 the response instead tells the client to skip the assignment (KIP-814).
    /// </summary>
    private Task<JoinGroupResponse> Replace(Member member, string newId, JoinGroupRequest request, short version, long now)
    {
        var (formerId, formerSettings, formerLeader) = (member.Id, member.Settings, _members.Leader);
        _members.Rename(member, newId);
        member.Settings = MemberSettings.Of(request);
        RenewSession(member, now);
        if (State != GroupState.Stable || _members.SelectProtocol() != ProtocolName)
        {
            var joined = member.AwaitJoin();
            if (State != GroupState.PreparingRebalance) PrepareRebalance(now);
            return joined;
        }

        var error = save(this);
        if (error != ErrorCode.None)
        {
            _members.Rename(member, formerId);
            member.Settings = formerSettings;
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

    // If the group is larger than allowed when its members rejoin, the last ones are refused.
    private bool IsFull(string memberId) => State switch
    {
        GroupState.Empty or GroupState.Dead => false,
        GroupState.PreparingRebalance => _members.Find(memberId) is not { AwaitsJoin: true } && _members.JoinedCount >= options.MaxSize,
        _ => _members.Find(memberId) is null && _members.Count >= options.MaxSize,
    };

    private Task<JoinGroupResponse> RefuseFull(JoinGroupRequest request)
    {
        _members.RemovePending(request.MemberId);
        if (_members.Find(request.MemberId) is { } member) Drop(member);
        return Task.FromResult(new JoinGroupResponse { ErrorCode = ErrorCode.GroupMaxSizeReached });
    }

    private static Task<JoinGroupResponse> Refused(JoinGroupRequest request, ErrorCode error) =>
        Task.FromResult(new JoinGroupResponse { ErrorCode = error, MemberId = request.MemberId });
}
