namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>The states of a classic group, as Kafka names them.</summary>
internal enum GroupState
{
    /// <summary>The group has no members. It may have offsets.</summary>
    Empty,

    /// <summary>Waiting for the members to join the next generation.</summary>
    PreparingRebalance,

    /// <summary>Waiting for the leader's assignments.</summary>
    CompletingRebalance,

    /// <summary>Every member has its assignment.</summary>
    Stable,

    /// <summary>The coordinator has stopped, or the group was deleted. A dead group does not change any more.</summary>
    Dead,
}
