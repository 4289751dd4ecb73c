using System.Globalization;
using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Linking;

/// <summary>What an unlink request leads to: a decision with its split, or a refusal.</summary>
/// <param name="Decision">Null: refused.</param>
/// <param name="Split">Null: refused.</param>
/// <param name="Refusal">Null: done.</param>
public sealed record UnlinkResult(IdentityDecision? Decision, ProfileSplit? Split, UnlinkRefusal? Refusal);

/// <summary>Decides whether identifiers can leave their profile, in the one order in which links are decided.</summary>
public static class Unlink
{
    public const string NotLinked = "not_linked";
    public const string SeveralProfiles = "several_profiles";
    public const string NothingRemains = "nothing_remains";

    /// <summary>The linker came to it, took nothing apart, and ended before it could say why.</summary>
    public const string NotSaid = "not_said";

    /// <param name="graph">Learns of the decision; must hold the nodes of the request's identifiers.</param>
    /// <param name="request">Which identifiers leave, and why.</param>
    /// <param name="position">Where the request stands.</param>
    /// <param name="now">The linker's clock.</param>
    public static UnlinkResult Decide(Graph graph, UnlinkRequest request, RecordPosition position, DateTime now)
    {
        List<Identifier> leaving = [.. request.identifiers.Distinct(IdentifierComparer.Instance)];
        if (Refusal(graph, leaving) is { } refusal) return new UnlinkResult(null, null, refusal);

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
            // What the profile was before, under whichever names: events of either side may stand there.
            family = [.. node.Identifiers.Select(graph.Implied).Append(root).Union(node.Family).Order(StringComparer.Ordinal)],
            into = Fresh(graph, graph.Sequence + 1),
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

    // No identifier implies it, for no type begins with a dollar sign; and no other decision has the number.
    private static string Fresh(Graph graph, long sequence) => graph.Implied(new Identifier { type = "$split", value = sequence.ToString(CultureInfo.InvariantCulture) });

    private static UnlinkRefusal? Refusal(Graph graph, List<Identifier> leaving)
    {
        var alone = leaving.Where(identifier => graph.NodeOf(graph.RootOf(identifier))?.Identifiers.Contains(identifier) != true).ToList();
        if (alone.Count > 0) return new UnlinkRefusal(NotLinked, $"nothing was ever linked to {string.Join(", ", alone.Select(Name))}, so there is nothing to take apart");
        var profiles = leaving.GroupBy(graph.RootOf).ToList();
        if (profiles.Count > 1)
        {
            var each = profiles.Select(profile => $"{string.Join(", ", profile.Select(Name))} to {profile.Key}");
            return new UnlinkRefusal(SeveralProfiles, $"the identifiers belong to {profiles.Count} profiles: {string.Join("; ", each)}; ask for each profile by itself");
        }
        if (graph.NodeOf(profiles[0].Key)!.Identifiers.Count > leaving.Count) return null;
        return new UnlinkRefusal(NothingRemains, $"these are all identifiers of {profiles[0].Key}; name only those that are to leave it");
    }

    private static string Name(Identifier identifier) => $"{identifier.type} '{identifier.value}'";
}
