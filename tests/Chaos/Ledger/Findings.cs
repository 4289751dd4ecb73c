namespace Cdp.Chaos.Ledger;

/// <summary>What must not be.</summary>
public enum Fault
{
    Lost,
    Double,
    WrongMerges,
    OrderViolations,
    WrongTraits,
    WrongCounts,
    WrongStates,
    DeadRecords,
}

/// <summary>Everything that was found, counted by kind, the first few of each in words.</summary>
public sealed class Findings
{
    private const int Told = 5;

    private readonly Dictionary<Fault, List<string>> _told = Enum.GetValues<Fault>().ToDictionary(fault => fault, _ => new List<string>());
    private readonly Dictionary<Fault, int> _counts = Enum.GetValues<Fault>().ToDictionary(fault => fault, _ => 0);

    public bool IsClean => _counts.Values.All(count => count == 0);

    public IReadOnlyDictionary<Fault, int> Counts => _counts;

    public IEnumerable<(Fault Fault, string Text)> Words => _told.SelectMany(fault => fault.Value.Select(text => (fault.Key, text)));

    public void Add(Fault fault, string text)
    {
        _counts[fault]++;
        if (_told[fault].Count < Told) _told[fault].Add(text);
    }
}
