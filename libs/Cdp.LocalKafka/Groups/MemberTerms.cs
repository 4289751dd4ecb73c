using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>What a member said of itself when it joined last.</summary>
internal sealed record MemberTerms(int SessionTimeoutMs, int RebalanceTimeoutMs, IReadOnlyList<(string Name, byte[] Metadata)> Protocols)
{
    // Version 0 of JoinGroup has no rebalance timeout; the session's stands in for it. The bytes are copied: those of the request belong to its frame.
    public static MemberTerms Of(JoinGroupRequest request) => new(
        request.SessionTimeoutMs,
        request.RebalanceTimeoutMs >= 0 ? request.RebalanceTimeoutMs : request.SessionTimeoutMs,
        [.. (request.Protocols ?? []).Select(p => (p.Name, p.Metadata.GetValueOrDefault().ToArray()))]);

    public static MemberTerms Of(MemberSnapshot kept, string protocolName) => new(
        kept.SessionTimeoutMs, kept.RebalanceTimeoutMs >= 0 ? kept.RebalanceTimeoutMs : kept.SessionTimeoutMs, [(protocolName, kept.Subscription)]);
}
