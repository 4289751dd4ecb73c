namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>The part of a group that survives a restart.</summary>
internal sealed partial class Group
{
    /// <summary>When the last saved state began, in Unix milliseconds. Null if the record does not say.</summary>
    public long? StateTimestamp { get; set; }

    /// <summary>The topics that the members of this generation subscribe to. Null if the group's protocol does not reveal them.</summary>
    public IReadOnlySet<string>? SubscribedTopics { get; private set; }

    /// <summary>
    /// Whether a member may still read the topic. If the subscribed topics are unknown, every topic counts as subscribed in a group of consumers.
    /// </summary>
    public bool IsSubscribedTo(string topic) => SubscribedTopics?.Contains(topic) ?? ProtocolType == ConsumerProtocol.Type;

    public GroupSnapshot Snapshot() => new(
        ProtocolType ?? "", Generation, ProtocolName, _members.Leader, StateTimestamp,
        [
            .. _members.All.Select(m => new MemberSnapshot(
                m.Id, m.InstanceId, m.ClientId, m.ClientHost, m.RebalanceTimeoutMs, m.SessionTimeoutMs, m.MetadataFor(ProtocolName), m.Assignment)),
        ]);

    /// <summary>Restores the group from a saved state. Sessions start when <see cref="StartSessions"/> is called.</summary>
    public void Restore(GroupSnapshot saved)
    {
        _members = new Membership();
        foreach (var member in saved.Members)
        {
            var settings = MemberSettings.Of(member, saved.ProtocolName ?? "");
            _members.Add(new Member(member.Id, member.InstanceId, settings, member.ClientId, member.ClientHost) { Assignment = member.Assignment });
        }
        if (saved.Leader is not null && _members.Find(saved.Leader) is not null) _members.Leader = saved.Leader;
        State = _members.Count == 0 ? GroupState.Empty : GroupState.Stable;
        Generation = saved.Generation;
        ProtocolType = saved.ProtocolType.Length == 0 ? null : saved.ProtocolType;
        ProtocolName = saved.ProtocolName;
        StateTimestamp = saved.StateTimestamp;
        SubscribedTopics = _members.SubscribedTopics(ProtocolType, ProtocolName);
    }

    /// <summary>
    /// Call after the whole log has been read: the members' sessions start, and a group that exceeds <see cref="GroupOptions.MaxSize"/> rebalances.
    /// </summary>
    public void StartSessions(long now)
    {
        foreach (var member in _members.All) RenewSession(member, now);
        if (_members.Count > options.MaxSize) PrepareRebalance(now);
    }
}
