using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>A decision, either made by the linker or expected by the oracle.</summary>
/// <param name="Sequence">The sequence number, from 1.</param>
/// <param name="Kind">linked, merged, limit, capped, split.</param>
/// <param name="Root">The resulting profile; for a split, the profile that was split.</param>
/// <param name="Ids">The identifiers that it adds to the root; for a split, those that left.</param>
/// <param name="Merged">The profiles that became part of the root. Each gets an announcement.</param>
/// <param name="Dropped">The identifiers that were kept out, each with the reason.</param>
/// <param name="MessageId">The messageId of the event that caused it; empty for a split.</param>
/// <param name="Request">The offset of its request in identity.requests.</param>
/// <param name="Into">For a split, the profile that now has the identifiers.</param>
public sealed record Decision(
    long Sequence, string Kind, string Root, IReadOnlySet<Id> Ids, IReadOnlySet<string> Merged, IReadOnlySet<(Id Id, string Reason)> Dropped,
    string MessageId, long Request, string? Into = null)
{
    public override string ToString()
    {
        var subject = $"{Sequence} {Kind} {Root}{(Into is null ? "" : $" into {Into}")}";
        var cause = $"{(MessageId.Length > 0 ? MessageId : "an operator")} (request {Request})";
        return $"{subject} for {cause}: {Text(Ids)}; merged {Text(Merged)}; dropped {Text(Dropped)}";
    }

    private static string Text<T>(IEnumerable<T> items) => $"[{string.Join(", ", items.Select(item => $"{item}").Order(StringComparer.Ordinal))}]";
}
