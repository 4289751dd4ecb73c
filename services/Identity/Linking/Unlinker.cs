using System.Globalization;
using cdp;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;

namespace Cdp.Identity.Linking;

/// <summary>The result of an unlink request: a decision and its split, or a refusal.</summary>
/// <param name="Decision">Null if the request is refused.</param>
/// <param name="Split">Null if the request is refused.</param>
/// <param name="Refusal">Null if the profile is split.</param>
public sealed record UnlinkResult(IdentityDecision? Decision, ProfileSplit? Split, UnlinkRefusal? Refusal);

/// <summary>Decides whether identifiers can leave their profile, in the same total order as links.</summary>
public static class Unlinker
{
    /// <summary>Decides on an unlink request.</summary>
    /// <param name="types">The configured types, used to explain a refusal.</param>
    /// <param name="graph">The graph, which is updated with the decision. It must contain the nodes of the request's identifiers.</param>
    /// <param name="request">The identifiers that leave, and the operator's reason.</param>
    /// <param name="position">The position of the request in identity.requests.</param>
    /// <param name="now">The time of the decision.</param>
    public static UnlinkResult Decide(IdentifierTypes types, IdentityGraph graph, UnlinkRequest request, RecordPosition position, DateTime now)
    {
        List<Identifier> leaving = [.. request.identifiers.Distinct(IdentifierComparer.Instance)];
        if (Refusal(types, graph, leaving) is { } refusal) return new UnlinkResult(null, null, refusal);

        var root = graph.RootOf(leaving[0]);
        var node = graph.NodeOf(root)!;
        var decision = new IdentityDecision
        {
            sequence = graph.Sequence + 1,
            kind = DecisionKind.Split,
            profileId = root,
            identifiers = leaving,
            merged = [],
            messageId = request.requestId,
            request = position,
            decidedAt = now,
            dropped = [],
            merges = node.Merges,
            // All ids that the profile has had: events of either side may be stored under any of them.
            family = [.. node.Identifiers.Select(graph.Implied).Append(root).Union(node.Family).Order(StringComparer.Ordinal)],
            into = SplitProfile(graph, graph.Sequence + 1),
            reason = request.reason,
        };
        graph.Apply(decision);
        return new UnlinkResult(decision, new ProfileSplit
        {
            profileId = root,
            into = [decision.into],
            sequence = decision.sequence,
            decidedAt = now,
            identifiers = leaving,
            family = decision.family,
        }, null);
    }

    // The id of the profile that a split creates. No identifier implies it, because no type begins with a dollar sign, and no other decision has the sequence.
    private static string SplitProfile(IdentityGraph graph, long sequence) =>
        graph.Implied(new Identifier { type = "$split", value = sequence.ToString(CultureInfo.InvariantCulture) });

    private static UnlinkRefusal? Refusal(IdentifierTypes types, IdentityGraph graph, List<Identifier> leaving)
    {
        var unlinked = leaving.Where(identifier => graph.NodeOf(graph.RootOf(identifier))?.Identifiers.Contains(identifier) != true).ToList();
        if (unlinked.Count > 0) return new UnlinkRefusal(UnlinkRefusal.NotLinked, NotLinked(types, unlinked));
        var profiles = leaving.GroupBy(graph.RootOf).ToList();
        if (profiles.Count > 1)
        {
            var each = profiles.Select(profile => $"{Describe(profile)} to {profile.Key}");
            return new UnlinkRefusal(
                UnlinkRefusal.SeveralProfiles,
                $"the identifiers belong to {profiles.Count} profiles: {string.Join("; ", each)}; send one request for each profile");
        }
        var (root, node) = (profiles[0].Key, graph.NodeOf(profiles[0].Key)!);
        if (node.Identifiers.Count > leaving.Count) return null;
        return new UnlinkRefusal(UnlinkRefusal.NothingRemains, NothingRemains(graph, root, node, leaving[0]));
    }

    private static string NotLinked(IdentifierTypes types, List<Identifier> unlinked)
    {
        var message = $"{Describe(unlinked)} was never linked to another identifier, so there is nothing to unmerge";
        var unknown = unlinked.Select(identifier => identifier.type).Distinct()
            .Where(type => type != IdentifierTypes.MessageId && types.Find(type) is null)
            .ToList();
        if (unknown.Count == 0) return message;
        return $"{message}; {string.Join(", ", unknown)} is not a configured type: the types are {string.Join(", ", types.Types.Select(type => type.Name))}";
    }

    // The usual cause is a request that was sent twice: the profile is the one that the first request split off.
    private static string NothingRemains(IdentityGraph graph, string root, Node node, Identifier first)
    {
        if (root != SplitProfile(graph, node.First)) return $"these are all identifiers of {root}; name only those that should leave it";
        return $"already unmerged: these are all identifiers of {root}, which decision {node.First} split off. The decision is shown by "
            + $"GET /v1/identity/{first.type}/{Uri.EscapeDataString(first.value)}; with its message_id, GET /v1/identity/unmerge/MESSAGE_ID shows the progress";
    }

    private static string Describe(IEnumerable<Identifier> identifiers) =>
        string.Join(", ", identifiers.Select(identifier => $"{identifier.type} '{identifier.value}'"));
}
