namespace Cdp.LocalKafka.Groups;

/// <summary>What of a group outlives the process.</summary>
internal sealed partial class Group
{
    /// <summary>When the state that was kept last began, Unix milliseconds; null when that was never noted.</summary>
    public long? StateTimestamp { get; set; }

    /// <summary>The topics that the generation's members subscribe to; null when the group's protocol does not tell.</summary>
    public IReadOnlySet<string>? SubscribedTopics { get; private set; }

    /// <summary>Whether a member may go on reading the topic. Unless it is known which topics are read, those of a group of consumers all may be.</summary>
    public bool IsSubscribedTo(string topic) => SubscribedTopics?.Contains(topic) ?? ProtocolType == ConsumerProtocol.Type;

    public GroupSnapshot Snapshot() => new(
        ProtocolType ?? "", Generation, ProtocolName, _members.Leader, StateTimestamp,
        [
            .. _members.All.Select(m => new MemberSnapshot(
                m.Id, m.InstanceId, m.ClientId, m.ClientHost, m.RebalanceTimeoutMs, m.SessionTimeoutMs, m.MetadataFor(ProtocolName), m.Assignment)),
        ]);

    /// <summary>Takes the place of what was kept earlier. The members' sessions begin with <see cref="Loaded"/>.</summary>
    public void Restore(GroupSnapshot kept)
    {
        _members = new Membership();
        foreach (var member in kept.Members)
        {
            var terms = MemberTerms.Of(member, kept.ProtocolName ?? "");
            _members.Add(new Member(member.Id, member.InstanceId, terms, member.ClientId, member.ClientHost) { Assignment = member.Assignment });
        }
        if (kept.Leader is not null && _members.Find(kept.Leader) is not null) _members.Leader = kept.Leader;
        State = _members.Count == 0 ? GroupState.Empty : GroupState.Stable;
        Generation = kept.Generation;
        ProtocolType = kept.ProtocolType.Length == 0 ? null : kept.ProtocolType;
        ProtocolName = kept.ProtocolName;
        StateTimestamp = kept.StateTimestamp;
        SubscribedTopics = _members.SubscribedTopics(ProtocolType, ProtocolName);
    }

    /// <summary>All that was kept is read: sessions begin anew, and a group that is too large by now has to join again.</summary>
    public void Loaded(long now)
    {
        foreach (var member in _members.All) Heard(member, now);
        if (_members.Count > options.MaxSize) PrepareRebalance(now);
    }
}
