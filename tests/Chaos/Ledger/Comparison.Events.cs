using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Ledger;

// Events on their way through the platform: refused, collected, validated and identified.
public sealed partial class Comparison
{
    /// <summary>Exactly the events that must be refused are refused and kept in quarantine.</summary>
    private void CompareRefusals()
    {
        foreach (var (e, code) in _actions.Answers.Where(answer => answer.Value != _population.Events[answer.Key].Refusal))
        {
            Add(Mismatch.WrongRefusals, $"{Name(e)} was {Outcome(code)}; expected: {Outcome(_population.Events[e].Refusal)}");
        }
        var kept = _observed.Quarantined.Select(quarantined => (quarantined.Event, quarantined.Code)).ToHashSet();
        foreach (var (e, code) in _actions.Answers.Where(answer => answer.Value is not null && !kept.Contains((answer.Key, answer.Value))))
        {
            Add(Mismatch.WrongRefusals, $"{Name(e)} was {Outcome(code)} but is not in events.quarantined with its original bytes and that code");
        }
        foreach (
            var quarantined in _observed.Quarantined
                .Where(quarantined => quarantined.Event < 0 || _population.Events[quarantined.Event].Refusal != quarantined.Code))
        {
            Add(Mismatch.WrongRefusals, $"events.quarantined {quarantined.Text}: must not be refused for that reason");
        }

        static string Outcome(string? code) => code is null ? "acknowledged" : $"refused as {code}";
    }

    /// <summary>Each acknowledged event is validated once within the window and identified once. Each transfer happens once.</summary>
    private void CompareOccurrences()
    {
        CompareCollected();
        CompareValidated();

        var identified = new Dictionary<Position, Position>();
        foreach (var e in _observed.Identified)
        {
            if (identified.TryAdd(e.Origin, e.At)) continue;
            Add(Mismatch.Duplicated, $"{Name(e.Event)} is in events.identified at {identified[e.Origin]} and {e.At}, both from events.validated {e.Origin}");
        }
        foreach (var (at, e, _) in _observed.Validated.Where(e => !identified.ContainsKey(e.At)))
        {
            Add(Mismatch.Lost, $"{Name(e)} is in events.validated at {at} but not in events.identified");
        }

        var transfers = new Dictionary<(string, string), Position>();
        foreach (var (at, to, content) in _observed.Transfers)
        {
            if (transfers.TryAdd((to, content), at)) continue;
            Add(Mismatch.Duplicated, $"profiles.transfers transfers {content} to {to} at {transfers[(to, content)]} and {at}");
        }
    }

    private void CompareCollected()
    {
        foreach (var (at, e, _) in _observed.Collected.Where(record => !IsAcknowledged(record.Event)))
        {
            Add(Mismatch.WrongStates, $"events.collected {at} has {Name(e)}, which was not sent or must be refused");
        }
        var collected = _observed.Collected.Select(record => record.Event).ToHashSet();
        foreach (var e in _actions.Answers.Keys.Where(e => IsAcknowledged(e) && !collected.Contains(e)))
        {
            Add(Mismatch.Lost, $"{Name(e)} was acknowledged but is not in events.collected");
        }
    }

    private void CompareValidated()
    {
        var expected = new Dictionary<(int Event, DateTime ReceivedAt), (int Minimum, int Maximum)>();
        var known = _observed.Collected.Where(collected => IsKnown(collected.Event));
        foreach (var message in known.GroupBy(collected => (_population.Events[collected.Event].Source, _population.Events[collected.Event].MessageId)))
        {
            foreach (var (occurrence, verdict) in Duplicates.Judge([.. message], _rules.DuplicateWindow))
            {
                var key = (occurrence.Event, occurrence.ReceivedAt);
                var (minimum, maximum) = expected.GetValueOrDefault(key);
                expected[key] = (minimum + (verdict == DuplicateVerdict.Passes ? 1 : 0), maximum + (verdict == DuplicateVerdict.Dropped ? 0 : 1));
            }
        }
        var validated = _observed.Validated.ToLookup(record => (record.Event, record.ReceivedAt));
        foreach (var (occurrence, (minimum, maximum)) in expected)
        {
            var name = $"{Name(occurrence.Event)}, received {occurrence.ReceivedAt:O},";
            var positions = validated[occurrence].Select(record => record.At).ToList();
            if (positions.Count < minimum) Add(Mismatch.Lost, $"{name} is not in events.validated");
            if (positions.Count > maximum)
            {
                Add(Mismatch.Duplicated, $"{name} is in events.validated at {string.Join(" and ", positions)}; occurrences: {Occurrences(occurrence.Event)}");
            }
        }
        foreach (var record in _observed.Validated.Where(record => !expected.ContainsKey((record.Event, record.ReceivedAt))))
        {
            Add(
                Mismatch.WrongStates,
                $"events.validated {record.At} has {Name(record.Event)}, received {record.ReceivedAt:O}, which is not in events.collected");
        }
    }

    private string Occurrences(int e) =>
        string.Join(", ", _observed.Collected.Where(record => record.Event == e).Select(record => $"{record.At} received {record.ReceivedAt:HH:mm:ss.ffffff}"));

    /// <summary>
    /// Events that a device sends with one key are validated in that order. The events of one input partition that share an identifier and a profile keep
    /// their order; across profiles and partitions no order is guaranteed.
    /// </summary>
    private void CompareOrder()
    {
        var places = new Dictionary<int, int>();
        foreach (var lane in _population.Order)
        {
            foreach (var e in lane) places.TryAdd(e, places.Count);
        }
        var (last, seen) = (new Dictionary<(string, string), ValidatedRecord>(), new HashSet<int>());
        foreach (var now in _observed.Validated.Where(now => places.ContainsKey(now.Event) && seen.Add(now.Event)))
        {
            var key = (_population.Events[now.Event].Source, _population.Events[now.Event].Key);
            if (last.TryGetValue(key, out var before) && places[before.Event] > places[now.Event])
            {
                Add(
                    Mismatch.OrderViolations,
                    $"{key.Key} sent {Name(now.Event)} before {Name(before.Event)}; events.validated has them at {now.At} and {before.At}");
            }
            last[key] = now;
        }
        var latest = new Dictionary<(string, int, Id), IdentifiedRecord>();
        foreach (var e in _observed.Identified.Where(e => IsAcknowledged(e.Event)))
        {
            foreach (var id in _population.Events[e.Event].Ids)
            {
                var place = (e.ProfileId, e.Origin.Partition, id);
                if (latest.TryGetValue(place, out var before) && before.Origin.Offset > e.Origin.Offset)
                {
                    var first = $"{Name(before.Event)} from events.validated {before.Origin} is at {before.At}";
                    Add(Mismatch.OrderViolations, $"{id} of {e.ProfileId}: {first}, before {Name(e.Event)} from {e.Origin} at {e.At}");
                }
                latest[place] = e;
            }
        }
    }
}
