using Cdp.Chaos.Faults;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.Sending;

namespace Cdp.Chaos.Ledger;

// The outputs of the platform: deliveries and dead letters.
public sealed partial class Comparison
{
    /// <summary>Each event is delivered, and the first deliveries of a profile's events keep the order of events.identified.</summary>
    private void CompareDeliveries()
    {
        var (first, seen) = (new Dictionary<WebhookDelivery, int>(), new HashSet<WebhookDelivery>());
        foreach (var delivery in _observed.Deliveries) first.TryAdd(delivery, first.Count);
        var last = new Dictionary<string, (IdentifiedRecord Event, int Place)>();
        foreach (var e in _observed.Identified.Where(e => seen.Add(new WebhookDelivery(e.ProfileId, e.Event))))
        {
            if (!first.TryGetValue(new WebhookDelivery(e.ProfileId, e.Event), out var place))
            {
                Add(Mismatch.Lost, $"{Name(e.Event)} in events.identified {e.At} was not delivered");
                continue;
            }
            if (last.TryGetValue(e.ProfileId, out var before) && before.Place > place)
            {
                var text = $"{Name(e.Event)} at {e.At} was delivered before {Name(before.Event.Event)} at {before.Event.At}";
                Add(Mismatch.OrderViolations, $"profile {e.ProfileId}: {text}");
            }
            last[e.ProfileId] = (e, place);
        }
    }

    /// <summary>Each unreadable record has exactly one dead letter per service that reads it. There are no other dead letters.</summary>
    private void CompareDeadLetters()
    {
        var expected = _actions.Garbage.ToDictionary(garbage => (garbage.Origin, garbage.Reader));
        foreach (var letters in _observed.DeadLetters.GroupBy(letter => (letter.Origin, letter.Service)))
        {
            var name = $"{letters.Key.Origin}, by {letters.Key.Service}";
            if (!expected.TryGetValue(letters.Key, out var garbage)) Add(Mismatch.DeadRecords, $"{name}: {letters.First().Error}");
            else if (letters.Count() > 1) Add(Mismatch.Duplicated, $"{name}: {letters.Count()} dead letters");
            else if (FindDefect(letters.Single(), garbage) is { } defect)
            {
                Add(Mismatch.DeadRecords, $"{name}: the dead letter of {garbage.Bytes:N0} bytes {defect}");
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
