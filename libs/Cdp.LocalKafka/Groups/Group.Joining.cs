using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>How members enter a group.</summary>
internal sealed partial class Group
{
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

    private static Task<JoinGroupResponse> Refused(JoinGroupRequest request, ErrorCode error) =>
        Task.FromResult(new JoinGroupResponse { ErrorCode = error, MemberId = request.MemberId });
}
