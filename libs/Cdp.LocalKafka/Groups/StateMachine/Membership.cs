using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>
/// The members of a group in order of arrival, the static members by instance id (KIP-345), and the pending member ids, which were handed out but are not used
/// yet (KIP-394).
/// </summary>
internal sealed class Membership
{
    private readonly List<Member> _members = [];
    private readonly Dictionary<string, Member> _byId = [];
    private readonly Dictionary<string, Member> _byInstance = [];
    private readonly Dictionary<string, long> _pending = [];

    public IReadOnlyList<Member> All => _members;
    public int Count => _members.Count;
    public string? Leader { get; set; }

    /// <summary>Ids that were sent with MEMBER_ID_REQUIRED, and the time until which a join with each is awaited.</summary>
    public IReadOnlyDictionary<string, long> Pending => _pending;

    public int JoinedCount => _members.Count(m => m.AwaitsJoin);

    public bool EveryoneJoined => _pending.Count == 0 && _members.TrueForAll(m => m.AwaitsJoin);

    public Member? Find(string memberId) => _byId.GetValueOrDefault(memberId);
    public Member? FindInstance(string instanceId) => _byInstance.GetValueOrDefault(instanceId);

    public void AddPending(string memberId, long deadline) => _pending[memberId] = deadline;
    public bool RemovePending(string memberId) => _pending.Remove(memberId);

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
    /// Gives a static member that has restarted its new id, and fences the waiting requests of its former instance. The member does not count as
    /// new, even if its former instance did, so its session cannot end while it waits.
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

    /// <summary>Whether the request offers a protocol that all members support.</summary>
    public bool Accepts(JoinGroupRequest request) =>
        (request.Protocols ?? []).Any(offered => _members.TrueForAll(m => m.Protocols.Any(p => p.Name == offered.Name)));

    /// <summary>Selects, among the protocols that all members support, the one that most members prefer.</summary>
    public string SelectProtocol()
    {
        var common = _members[0].Protocols.Select(p => p.Name)
            .Where(name => _members.TrueForAll(m => m.Protocols.Any(p => p.Name == name))).ToHashSet();
        return _members.Select(m => m.Protocols.First(p => common.Contains(p.Name)).Name)
            .CountBy(name => name).MaxBy(votes => votes.Value).Key;
    }

    /// <summary>All topics that members subscribe to. Null if the protocol does not reveal them.</summary>
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

    /// <summary>Makes sure that the leader is a member that has joined. Returns false if no member has joined.</summary>
    public bool ElectJoinedLeader()
    {
        if (Leader is { } leader && _byId[leader].AwaitsJoin) return true;
        if (_members.Find(m => m.AwaitsJoin) is not { } joined) return false;
        Leader = joined.Id;
        return true;
    }

    /// <summary>
    /// Returns NONE if the member id is known and, if an instance id is given, is the id of that instance's current member.
    /// </summary>
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
