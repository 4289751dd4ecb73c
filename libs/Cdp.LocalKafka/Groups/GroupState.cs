namespace Cdp.LocalKafka.Groups;

/// <summary>The states of a classic group, as Kafka names them.</summary>
internal enum GroupState
{
    /// <summary>No members; offsets may be there.</summary>
    Empty,

    /// <summary>Waits for the members to join the next generation.</summary>
    PreparingRebalance,

    /// <summary>Waits for the leader's assignments.</summary>
    CompletingRebalance,

    /// <summary>Every member has its assignment.</summary>
    Stable,

    /// <summary>The coordinator has stopped, or the group was deleted; nothing changes any more.</summary>
    Dead,
}
