namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>A group's membership as stored in <c>__consumer_offsets</c>: a stable generation, or an empty group. States in between are not stored.</summary>
/// <param name="ProtocolType">Empty for a group that never had members.</param>
/// <param name="StateTimestamp">When the state began, in Unix milliseconds. Null in records of older brokers.</param>
internal sealed record GroupSnapshot(
    string ProtocolType, int Generation, string? ProtocolName, string? Leader, long? StateTimestamp, IReadOnlyList<MemberSnapshot> Members);

/// <summary>A member of a stable generation.</summary>
/// <param name="Subscription">The member's metadata for the chosen protocol. Its metadata for other protocols is not stored.</param>
internal sealed record MemberSnapshot(
    string Id, string? InstanceId, string ClientId, string ClientHost, int RebalanceTimeoutMs, int SessionTimeoutMs, byte[] Subscription, byte[] Assignment);
