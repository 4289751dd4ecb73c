namespace Cdp.LocalKafka.Groups;

/// <summary>What <c>__consumer_offsets</c> keeps of a group's membership: a stable generation, or none. What is under way in between is not kept.</summary>
/// <param name="ProtocolType">Empty for a group that never had members.</param>
/// <param name="StateTimestamp">When the state began, Unix milliseconds; null in records that older brokers wrote.</param>
internal sealed record GroupSnapshot(
    string ProtocolType, int Generation, string? ProtocolName, string? Leader, long? StateTimestamp, IReadOnlyList<MemberSnapshot> Members);

/// <summary>A member of a stable generation.</summary>
/// <param name="Subscription">What it told the assignor of the protocol that was chosen; the others that it offered are forgotten.</param>
internal sealed record MemberSnapshot(
    string Id, string? InstanceId, string ClientId, string ClientHost, int RebalanceTimeoutMs, int SessionTimeoutMs, byte[] Subscription, byte[] Assignment);
