using Cdp.Chaos.Oracle;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.Ledger;

// What each destination received, and what is on record about it.
public sealed partial class Comparison
{
    private void CompareDeliveries()
    {
        foreach (var destination in DestinationIds.All)
        {
            var received = _observed.Deliveries.Where(delivery => delivery.Destination == destination).ToList();
            var refused = received.Where(delivery => !delivery.IsAccepted).Select(delivery => (delivery.ProfileId, delivery.Event)).ToHashSet();
            CompareReceived(destination, [.. received.Where(delivery => delivery.IsAccepted)], refused);
            var keys = received.DistinctBy(delivery => delivery.Event).ToDictionary(delivery => delivery.Event, delivery => delivery.Key);
            CompareOutcomes(destination, refused, keys);
        }
        CompareKeys();
        foreach (var text in _observed.Waiting) Add(Mismatch.Lost, text);
    }

    /// <summary>
    /// Each event is accepted, and the first deliveries of a profile's events keep the order of events.identified. An event that was refused arrives when it
    /// is sent again, after the others.
    /// </summary>
    private void CompareReceived(string destination, IReadOnlyList<WebhookDelivery> accepted, HashSet<(string ProfileId, int Event)> refused)
    {
        var (first, seen) = (new Dictionary<(string, int), int>(), new HashSet<(string, int)>());
        foreach (var delivery in accepted) first.TryAdd((delivery.ProfileId, delivery.Event), first.Count);
        var last = new Dictionary<string, (IdentifiedRecord Event, int Place)>();
        foreach (var e in _observed.Identified.Where(e => seen.Add((e.ProfileId, e.Event))))
        {
            if (!first.TryGetValue((e.ProfileId, e.Event), out var place))
            {
                Add(Mismatch.Lost, $"{Name(e.Event)} in events.identified {e.At} was not delivered to {destination}");
                continue;
            }
            if (!DestinationIds.KeepsOrder(destination) || refused.Contains((e.ProfileId, e.Event))) continue;
            if (last.TryGetValue(e.ProfileId, out var before) && before.Place > place)
            {
                var text = $"{Name(e.Event)} at {e.At} was delivered before {Name(before.Event.Event)} at {before.Event.At}";
                Add(Mismatch.OrderViolations, $"profile {e.ProfileId} at {destination}: {text}");
            }
            last[e.ProfileId] = (e, place);
        }
        foreach (var (profileId, e) in first.Keys.Concat(refused).Where(delivery => !seen.Contains(delivery)))
            Add(Mismatch.WrongDeliveries, $"{destination} received {Name(e)} of {profileId}, which is not in events.identified");
    }

    /// <summary>Each event has the same Idempotency-Key in all requests to a destination, and no other event has it.</summary>
    private void CompareKeys()
    {
        var (keys, owners) = (new Dictionary<(string, int), UInt128>(), new Dictionary<UInt128, (string, string, string)>());
        foreach (var delivery in _observed.Deliveries.Where(delivery => IsKnown(delivery.Event)))
        {
            var place = (delivery.Destination, delivery.Event);
            // A message that was sent again under another topic key is two events, but one message to a destination.
            var owner = (delivery.Destination, _population.Events[delivery.Event].Source, _population.Events[delivery.Event].MessageId);
            if (delivery.Key == 0) Add(Mismatch.WrongDeliveries, $"{Describe(delivery)} has no valid Idempotency-Key");
            if (!keys.TryAdd(place, delivery.Key) && keys[place] != delivery.Key)
                Add(Mismatch.Duplicated, $"{Describe(delivery)} was delivered with the keys {keys[place]:x32} and {delivery.Key:x32}");
            if (!owners.TryAdd(delivery.Key, owner) && owners[delivery.Key] != owner)
                Add(Mismatch.WrongDeliveries, $"{Describe(delivery)} has the key {delivery.Key:x32} of {owners[delivery.Key]}");
        }

        string Describe(WebhookDelivery delivery) => $"{Name(delivery.Event)} at {delivery.Destination}";
    }

    /// <summary>Each event has exactly one outcome, and one more for each request to send it again.</summary>
    private void CompareOutcomes(string destination, HashSet<(string ProfileId, int Event)> refused, Dictionary<int, UInt128> keys)
    {
        var events = _observed.Identified.DistinctBy(e => e.At).ToDictionary(e => e.At);
        var expected = events.Keys.Select(at => (Origin: at, RedrivenFrom: (Position?)null)).ToHashSet();
        var redrives = _actions.Redrives.Where(redrive => destination == DestinationIds.Flaky && events.ContainsKey(redrive.Origin));
        expected.UnionWith(redrives.Select(redrive => (redrive.Origin, (Position?)redrive.Request)));
        var all = _observed.Outcomes.Where(outcome => outcome.Destination == destination);
        foreach (var outcomes in all.GroupBy(outcome => (outcome.Origin, outcome.RedrivenFrom)))
        {
            var outcome = outcomes.First();
            if (!expected.Remove(outcomes.Key)) Add(Mismatch.WrongDeliveries, $"{outcome.Text} is the outcome of no event or request: {outcomes.Key}");
            else if (outcomes.Skip(1).Any())
                Add(Mismatch.Duplicated, $"{outcome.MessageId} has several outcomes at {destination}: {string.Join(", ", outcomes.Select(one => one.Text))}");
            else CompareOutcome(outcome, events[outcome.Origin], refused, keys);
        }
        foreach (var (origin, request) in expected)
        {
            var text = $"{Name(events[origin].Event)} in events.identified {origin} has no outcome at {destination}";
            Add(Mismatch.Lost, request is null ? text : $"{text} for the request to send it again at {request}");
        }
    }

    private void CompareOutcome(OutcomeRecord outcome, IdentifiedRecord e, HashSet<(string ProfileId, int Event)> refused, Dictionary<int, UInt128> keys)
    {
        if (outcome.ProfileId != e.ProfileId || (IsKnown(e.Event) && outcome.MessageId != _population.Events[e.Event].MessageId))
            Report(Mismatch.WrongDeliveries, $"names {outcome.MessageId} of {outcome.ProfileId}");
        if (keys.TryGetValue(e.Event, out var key) && key != outcome.Key)
            Report(Mismatch.WrongDeliveries, $"has the key {outcome.Key:x32}; {outcome.Destination} received {key:x32}");
        if (outcome.Attempts < 1) Report(Mismatch.WrongDeliveries, $"counts {outcome.Attempts} attempts");
        var isRefused = outcome.RedrivenFrom is null && refused.Contains((e.ProfileId, e.Event));
        if (isRefused && outcome.Outcome != "dead") Report(Mismatch.WrongDeliveries, $"is {outcome.Outcome}, but the event was refused");
        else if (!isRefused && outcome.Outcome == "dead") Report(Mismatch.DeadRecords, $"is dead, but the event was not refused: {outcome.Reason}");
        else if (isRefused && FindDefect(outcome) is { } defect) Report(Mismatch.DeadRecords, defect);
        else if (!isRefused && (outcome.Outcome != "delivered" || outcome.Status != 200))
            Report(Mismatch.WrongDeliveries, $"is {outcome.Outcome} with status {outcome.Status}");

        void Report(Mismatch mismatch, string text) => Add(mismatch, $"{outcome.Text} of {Name(e.Event)} {text}");
    }

    private static string? FindDefect(OutcomeRecord dead)
    {
        if (dead.Status != 400 || !dead.Reason.Contains(WebhookReceiver.Refusal, StringComparison.Ordinal)) return $"states {dead.Status} '{dead.Reason}'";
        var key = dead.Key.ToString("x32", null);
        return dead.Request.StartsWith("POST ", StringComparison.Ordinal) && dead.Request.Contains(key, StringComparison.Ordinal)
            ? null
            : $"lacks its request: '{dead.Request}'";
    }
}
