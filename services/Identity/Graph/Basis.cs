using cdp;
using Cdp.Contracts;

namespace Cdp.Identity.Graph;

/// <summary>The field <c>basis</c> of IdentityDecision: whether a decision is based on a call that says that two identifiers are one customer.</summary>
public static class Basis
{
    /// <summary>An alias or merge call from a trusted source. Limits do not apply.</summary>
    public const string Statement = "statement";

    /// <summary>An alias or merge call from an untrusted source. Limits apply as they do to any event.</summary>
    public const string Claim = "claim";

    /// <summary>The basis of a decision about an event. Null: the event only contained the identifiers together.</summary>
    public static string? Of(Event envelope) => !IsAliasOrMerge(envelope) ? null : IsStatement(envelope) ? Statement : Claim;

    /// <summary>
    /// Whether the event is exempt from limits: an alias or merge call from a source whose write key is secret. With a public key anyone can send such a call,
    /// so it is only a claim.
    /// </summary>
    public static bool IsStatement(Event envelope) => IsAliasOrMerge(envelope) && envelope.trust == TrustLevel.Server;

    private static bool IsAliasOrMerge(Event envelope) => envelope.type is "alias" or "merge";
}
