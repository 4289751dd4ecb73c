using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>
/// Which offsets have been kept long enough (KIP-211). The time counts from when the group lost its last member; for clients that manage
/// their partitions themselves, and for topics that a stable group of consumers reads no more, from each commit.
/// </summary>
internal static class OffsetRetention
{
    /// <param name="now">Unix milliseconds.</param>
    public static List<TopicPartition> Expired(Group group, long now, long retentionMs)
    {
        var simple = group.ProtocolType is null;
        var empty = group.State == GroupState.Empty;
        var consumersTell = group is { State: GroupState.Stable, ProtocolType: ConsumerProtocol.Type, SubscribedTopics: not null };
        if (!simple && !empty && !consumersTell) return [];

        var since = !simple && empty ? group.StateTimestamp : null;
        return
        [
            .. group.Offsets.Committed
                .Where(o => !group.IsSubscribedTo(o.Key.Topic) && !group.Offsets.IsPending(o.Key))
                .Where(o => now >= (o.Value.ExpireTimestamp ?? (since ?? o.Value.CommitTimestamp) + retentionMs))
                .Select(o => o.Key),
        ];
    }

    /// <summary>Whether nothing is left of the group but its name.</summary>
    public static bool IsSpent(Group group) => group.State == GroupState.Empty && !group.Offsets.Partitions.Any();
}
