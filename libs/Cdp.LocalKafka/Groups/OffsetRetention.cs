using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>
/// Decides which offsets have expired (KIP-211). The retention time starts when the group loses its last member. For clients that manage their
/// own partitions, and for topics that a stable group of consumers no longer reads, it starts at each commit.
/// </summary>
internal static class OffsetRetention
{
    /// <param name="now">The current time in Unix milliseconds.</param>
    /// <param name="retentionMs">How long an unused offset is kept, in milliseconds.</param>
    public static List<TopicPartition> Expired(Group group, long now, long retentionMs)
    {
        var simple = group.ProtocolType is null;
        var empty = group.State == GroupState.Empty;
        var subscriptionsKnown = group is { State: GroupState.Stable, ProtocolType: ConsumerProtocol.Type, SubscribedTopics: not null };
        if (!simple && !empty && !subscriptionsKnown) return [];

        var since = !simple && empty ? group.StateTimestamp : null;
        return
        [
            .. group.Offsets.Committed
                .Where(o => !group.IsSubscribedTo(o.Key.Topic) && !group.Offsets.IsPending(o.Key))
                .Where(o => now >= (o.Value.ExpireTimestamp ?? (since ?? o.Value.CommitTimestamp) + retentionMs))
                .Select(o => o.Key),
        ];
    }

    /// <summary>Whether the group has neither members nor offsets.</summary>
    public static bool IsUnused(Group group) => group.State == GroupState.Empty && !group.Offsets.Partitions.Any();
}
