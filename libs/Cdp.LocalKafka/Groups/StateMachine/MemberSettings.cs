using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>What a member sent in its last join.</summary>
internal sealed record MemberSettings(int SessionTimeoutMs, int RebalanceTimeoutMs, IReadOnlyList<(string Name, byte[] Metadata)> Protocols)
{
    // Version 0 of JoinGroup has no rebalance timeout, so the session timeout is used. The metadata is copied because the request's bytes belong
    // to its frame.
    public static MemberSettings Of(JoinGroupRequest request) => new(
        request.SessionTimeoutMs,
        request.RebalanceTimeoutMs >= 0 ? request.RebalanceTimeoutMs : request.SessionTimeoutMs,
        [.. (request.Protocols ?? []).Select(p => (p.Name, p.Metadata.GetValueOrDefault().ToArray()))]);

    public static MemberSettings Of(MemberSnapshot saved, string protocolName) => new(
        saved.SessionTimeoutMs, saved.RebalanceTimeoutMs >= 0 ? saved.RebalanceTimeoutMs : saved.SessionTimeoutMs, [(protocolName, saved.Subscription)]);
}
