using Cdp.Chaos.Faults;
using Cdp.Chaos.Oracle;

namespace Cdp.Chaos.Ledger;

// Dead letters, and what operators did.
public sealed partial class Comparison
{
    /// <summary>Each unreadable record has its dead letters: one per service that reads it, and one per destination. There are no others.</summary>
    private void CompareDeadLetters()
    {
        var expected = _actions.Garbage.ToDictionary(garbage => (garbage.Origin, garbage.Reader));
        foreach (var letters in _observed.DeadLetters.GroupBy(letter => (letter.Origin, letter.Service)))
        {
            var name = $"{letters.Key.Origin}, by {letters.Key.Service}";
            if (!expected.TryGetValue(letters.Key, out var garbage)) Add(Mismatch.DeadRecords, $"{name}: {letters.First().Error}");
            else if (letters.Count() > garbage.Copies) Add(Mismatch.Duplicated, $"{name}: {letters.Count()} dead letters instead of {garbage.Copies}");
            else if (letters.Count() < garbage.Copies) Add(Mismatch.Lost, $"{name}: {letters.Count()} dead letters instead of {garbage.Copies}");
            else if (letters.Select(letter => FindDefect(letter, garbage)).FirstOrDefault(defect => defect is not null) is { } defect)
            {
                Add(Mismatch.DeadRecords, $"{name}: a dead letter of {garbage.Bytes:N0} bytes {defect}");
            }
        }
        var dead = _observed.DeadLetters.Select(letter => (letter.Origin, letter.Service)).ToHashSet();
        foreach (var (origin, reader) in expected.Keys.Where(garbage => !dead.Contains(garbage)))
        {
            Add(Mismatch.Lost, $"{origin} is unreadable but has no dead letter by {reader}");
        }
        foreach (var text in _observed.GivenUp) Add(Mismatch.DeadRecords, text);
        foreach (var failure in _actions.Failures) Add(Mismatch.FailedCommands, failure);
    }

    /// <summary>A dead letter contains the original value whenever it fits.</summary>
    private static string? FindDefect(DeadLetter letter, GarbageRecord garbage)
    {
        if (letter.ValueBytes != garbage.Bytes || letter.ValueSha256 != garbage.Sha256)
        {
            return $"describes {letter.ValueBytes:N0} bytes with the hash {letter.ValueSha256}; expected: {garbage.Sha256}";
        }
        if (letter.Bytes > Rules.MaxDeadLetterBytes) return $"has {letter.Bytes:N0} bytes itself";
        if (letter.Omitted.Length == 0) return null;
        if (letter.Omitted != "value") return $"omits {letter.Omitted}";
        return letter.Bytes + garbage.Bytes < Rules.MaxDeadLetterBytes ? $"omits the value although it would fit into {letter.Bytes:N0} bytes" : null;
    }
}
