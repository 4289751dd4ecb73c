namespace Cdp.Chaos.Oracle;

/// <summary>What validation must do with one occurrence of a message.</summary>
public enum DuplicateVerdict
{
    /// <summary>The first occurrence, or all earlier ones are so old that they are no longer remembered.</summary>
    Passes,

    /// <summary>An earlier occurrence was received within the window.</summary>
    Dropped,

    /// <summary>The earlier occurrence may or may not be remembered, because the window is measured in slots.</summary>
    Either,
}

/// <summary>
/// The documented scope of duplicates: a messageId of one source in one partition, within one to two windows of receivedAt. Occurrences count in the order in
/// which events.collected has them, whatever their receivedAt.
/// </summary>
public static class Duplicates
{
    /// <param name="occurrences">All occurrences of one messageId of one source.</param>
    /// <param name="window">The duplicate window that validation is configured with.</param>
    public static IEnumerable<(CollectedRecord Occurrence, DuplicateVerdict Verdict)> Judge(IReadOnlyCollection<CollectedRecord> occurrences, TimeSpan window)
    {
        if (occurrences.Count == 1)
        {
            yield return (occurrences.First(), DuplicateVerdict.Passes);
            yield break;
        }
        foreach (var partition in occurrences.GroupBy(occurrence => occurrence.At.Partition))
        {
            var earlier = new List<CollectedRecord>();
            foreach (var occurrence in partition.OrderBy(occurrence => occurrence.At.Offset))
            {
                var verdicts = earlier.Select(before => Judge(before, occurrence, window)).ToHashSet();
                yield return (occurrence, Strictest(verdicts));
                earlier.Add(occurrence);
            }
        }
    }

    private static DuplicateVerdict Judge(CollectedRecord earlier, CollectedRecord occurrence, TimeSpan window)
    {
        var distance = (occurrence.ReceivedAt - earlier.ReceivedAt).Duration();
        return distance > 2 * window ? DuplicateVerdict.Passes : distance <= window ? DuplicateVerdict.Dropped : DuplicateVerdict.Either;
    }

    private static DuplicateVerdict Strictest(HashSet<DuplicateVerdict> verdicts) =>
        verdicts.Contains(DuplicateVerdict.Dropped) ? DuplicateVerdict.Dropped
        : verdicts.Contains(DuplicateVerdict.Either) ? DuplicateVerdict.Either
        : DuplicateVerdict.Passes;
}
