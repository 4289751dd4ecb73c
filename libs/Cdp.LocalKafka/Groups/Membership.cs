using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>Who is in a group: members in order of arrival, static members by instance id (KIP-345), ids handed out but not yet used (KIP-394).</summary>
internal sealed class Membership
{
    private readonly List<Member> _members = [];
    private readonly Dictionary<string, Member> _byId = [];
    private readonly Dictionary<string, Member> _byInstance = [];
    private readonly Dictionary<string, long> _pending = [];

    public IReadOnlyList<Member> All => _members;
    public int Count => _members.Count;
    public string? Leader { get; set; }

    /// <summary>Ids that a MEMBER_ID_REQUIRED has named, with the time until which their join is awaited.</summary>
    public IReadOnlyDictionary<string, long> Pending => _pending;

    public int JoinedCount => _members.Count(m => m.AwaitsJoin);

    public bool EveryoneJoined => _pending.Count == 0 && _members.TrueForAll(m => m.AwaitsJoin);

    public Member? Find(string memberId) => _byId.GetValueOrDefault(memberId);
    public Member? FindInstance(string instanceId) => _byInstance.GetValueOrDefault(instanceId);

    public void Expect(string memberId, long deadline) => _pending[memberId] = deadline;
    public bool Forget(string pendingId) => _pending.Remove(pendingId);

    public void Add(Member member)
    {
        _pending.Remove(member.Id);
        _members.Add(member);
        _byId.Add(member.Id, member);
        if (member.InstanceId is { } instance) _byInstance.Add(instance, member);
        Leader ??= member.Id;
    }

    public void Remove(Member member)
    {
        _members.Remove(member);
        _byId.Remove(member.Id);
        if (member.InstanceId is { } instance) _byInstance.Remove(instance);
        if (Leader == member.Id) Leader = _members.FirstOrDefault()?.Id;
    }

    /// <summary>
    /// Gives a static member that came back its new id; the request of the one it replaces is fenced. It is no new member even if the
    /// other was one, so its session cannot end while it waits.
    /// </summary>
    public void Rename(Member member, string newId)
    {
        member.AnswerJoin(new JoinGroupResponse { ErrorCode = ErrorCode.FencedInstanceId, MemberId = member.Id });
        member.AnswerSync(new SyncGroupResponse { ErrorCode = ErrorCode.FencedInstanceId });
        if (Leader == member.Id) Leader = newId;
        _byId.Remove(member.Id);
        member.Id = newId;
        member.IsNew = false;
        _byId.Add(newId, member);
    }

    /// <summary>Whether a member with these protocols has one in common with all that are here.</summary>
    public bool Accepts(JoinGroupRequest request) =>
        (request.Protocols ?? []).Any(offered => _members.TrueForAll(m => m.Protocols.Any(p => p.Name == offered.Name)));

    /// <summary>The protocol that all members know and most of them prefer.</summary>
    public string SelectProtocol()
    {
        var common = _members[0].Protocols.Select(p => p.Name)
            .Where(name => _members.TrueForAll(m => m.Protocols.Any(p => p.Name == name))).ToHashSet();
        return _members.Select(m => m.Protocols.First(p => common.Contains(p.Name)).Name)
            .CountBy(name => name).MaxBy(votes => votes.Value).Key;
    }

    /// <summary>The topics all members together subscribe to; null when their protocol does not tell.</summary>
    public IReadOnlySet<string>? SubscribedTopics(string? protocolType, string? protocolName)
    {
        if (protocolType != ConsumerProtocol.Type) return null;
        var topics = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in _members)
        {
            if (ConsumerProtocol.Topics(member.MetadataFor(protocolName)) is not { } subscribed) return null;
            topics.UnionWith(subscribed);
        }
        return topics;
    }

    /// <summary>Makes sure the leader is one of those that joined. False when nobody did.</summary>
    public bool ElectJoinedLeader()
    {
        if (Leader is { } leader && _byId[leader].AwaitsJoin) return true;
        if (_members.Find(m => m.AwaitsJoin) is not { } joined) return false;
        Leader = joined.Id;
        return true;
    }

    /// <summary>NONE if the request speaks for a member: by its id, and when it names an instance, as that instance's current member.</summary>
    public ErrorCode Validate(string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            if (FindInstance(instanceId) is not { } current) return ErrorCode.UnknownMemberId;
            if (current.Id != memberId) return ErrorCode.FencedInstanceId;
        }
        return Find(memberId) is null ? ErrorCode.UnknownMemberId : ErrorCode.None;
    }
}
