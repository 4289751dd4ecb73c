using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>A decision, the linker's or the oracle's.</summary>
/// <param name="Sequence">From 1.</param>
/// <param name="Kind">linked, merged, limit, capped.</param>
/// <param name="Root">The profile after it.</param>
/// <param name="Ids">That belong to the root because of it.</param>
/// <param name="Merged">The profiles that became part of the root, which are told of their end.</param>
/// <param name="Dropped">The identifiers that stayed apart, each with the reason.</param>
/// <param name="Event">The event that caused it.</param>
/// <param name="Request">Its offset in identity.requests.</param>
public sealed record Decided(long Sequence, string Kind, string Root, IReadOnlySet<Id> Ids, IReadOnlySet<string> Merged, IReadOnlySet<(Id Id, string Reason)> Dropped, int Event, long Request)
{
    public override string ToString() =>
        $"{Sequence} {Kind} {Root} of {Sent.MessageIdOf(Event)} (request {Request}): {Text(Ids)}; merged {Text(Merged)}; dropped {Text(Dropped)}";

    private static string Text<T>(IEnumerable<T> items) => $"[{string.Join(", ", items.Select(item => $"{item}").Order(StringComparer.Ordinal))}]";
}
