namespace Cdp.Chaos.Ledger;

/// <summary>The kinds of differences between what was observed and what was expected.</summary>
public enum Mismatch
{
    Lost,
    Duplicated,
    WrongMerges,
    OrderViolations,
    WrongTraits,
    WrongCounts,
    WrongStates,
    WrongRefusals,
    WrongDeliveries,
    DeadRecords,
    FailedCommands,
}

/// <summary>All mismatches that were found: counted by kind, with the first few of each as text.</summary>
public sealed class Findings
{
    private const int MaxExamples = 5;

    private readonly Dictionary<Mismatch, List<string>> _examples = Enum.GetValues<Mismatch>().ToDictionary(kind => kind, _ => new List<string>());
    private readonly Dictionary<Mismatch, int> _counts = Enum.GetValues<Mismatch>().ToDictionary(kind => kind, _ => 0);

    public bool IsClean => _counts.Values.All(count => count == 0);

    public IReadOnlyDictionary<Mismatch, int> Counts => _counts;

    public IEnumerable<(Mismatch Mismatch, string Text)> Examples => _examples.SelectMany(kind => kind.Value.Select(text => (kind.Key, text)));

    public void Add(Mismatch kind, string text)
    {
        _counts[kind]++;
        if (_examples[kind].Count < MaxExamples) _examples[kind].Add(text);
    }
}
