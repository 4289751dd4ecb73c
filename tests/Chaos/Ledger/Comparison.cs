using Cdp.Chaos.Faults;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Sending;
using Cdp.Contracts;

namespace Cdp.Chaos.Ledger;

/// <summary>Compares what a run left with what the oracle expects. Pure.</summary>
public sealed class Comparison
{
    private readonly Population _population;
    private readonly Observed _observed;
    private readonly RunActions _actions;
    private readonly Rules _rules;
    private readonly LinkerModel _linker;
    private readonly ProfileIds _profileIds;
    private readonly Findings _findings = new();

    // The combinations of identifiers of which the linker had to keep some out.
    private readonly HashSet<string> _refused = [];

    private Comparison(Population population, RunActions actions, Observed observed, Rules rules, ProfileIds profileIds)
    {
        (_population, _actions, _observed, _rules, _profileIds) = (population, actions, observed, rules, profileIds);
        _linker = new LinkerModel(rules, profileIds);
    }

    /// <param name="population">Everything that was sent.</param>
    /// <param name="actions">What the run did.</param>
    /// <param name="observed">What the run left.</param>
    /// <param name="rules">The limits of the installation under test.</param>
    /// <param name="profileIds">Derives the profile id that an identifier implies.</param>
    public static Findings Run(Population population, RunActions actions, Observed observed, Rules rules, ProfileIds profileIds)
    {
        var comparison = new Comparison(population, actions, observed, rules, profileIds);
        comparison.CompareRefusals();
        comparison.CompareOccurrences();
        comparison.CompareDecisions();
        comparison.CompareRoots();
        comparison.CompareOrder();
        comparison.CompareProfiles();
        comparison.CompareDeliveries();
        comparison.CompareDeadLetters();
        return comparison._findings;
    }

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

    /// <summary>Each request leads to the decision that the rules imply, given the order of the requests.</summary>
    private void CompareDecisions()
    {
        var answers = new Dictionary<Position, Answer>();
        var expected = new List<Decision>();
        var refusals = _observed.Decisions.Where(decision => decision.Kind is "limit" or "capped").Select(decision => decision.Request).ToHashSet();
        var splits = _observed.Decisions.Where(decision => decision.Kind == "split").GroupBy(decision => decision.Request);
        var splitInto = splits.ToDictionary(group => group.Key, group => group.First().Into);
        foreach (var request in _observed.Requests)
        {
            if (request.Event is not { } index)
            {
                if (_linker.Split(request.Ids, request.Offset, splitInto.GetValueOrDefault(request.Offset)) is { } split) expected.Add(split);
                continue;
            }
            if (!IsKnown(index)) continue;
            var e = _population.Events[index];
            if (!request.Ids.SequenceEqual(e.Ids)) Add(Mismatch.WrongMerges, $"{Name(e.Index)}: the request at {request.Offset} has {Text(request.Ids)}");
            var answer = answers[request.Origin] = _linker.Decide(e, request.Offset, refusals.Contains(request.Offset));
            if (answer.KeptOut.Count > 0) _refused.Add(string.Join('\n', e.Ids));
            if (answer.Decision is { } decision) expected.Add(decision);
        }
        for (var i = 0; i < Math.Max(expected.Count, _observed.Decisions.Count); i++)
        {
            var (wanted, actual) = (expected.ElementAtOrDefault(i), _observed.Decisions.ElementAtOrDefault(i));
            if ($"{wanted}" != $"{actual}") Add(Mismatch.WrongMerges, $"decision {actual?.ToString() ?? "missing"}; expected: {wanted?.ToString() ?? "none"}");
        }
        CompareAnnouncements(expected);
        foreach (var e in _observed.Identified)
        {
            if (!answers.TryGetValue(e.Origin, out var answer)) continue;
            if (answer.Root == e.ProfileId && answer.KeptOut.ToHashSet().SetEquals(e.Refused)) continue;
            var actual = $"{e.ProfileId} without {Text(e.Refused)}";
            Add(
                Mismatch.WrongMerges,
                $"{Name(e.Event)} is in events.identified {e.At} under {actual}; expected after the linker: {answer.Root} without {Text(answer.KeptOut)}");
        }
    }

    /// <summary>Each decision that ends or splits a profile is announced once to each such profile.</summary>
    private void CompareAnnouncements(IReadOnlyList<Decision> expected)
    {
        var (merges, splits) = (_observed.Merges.ToLookup(merge => merge.Sequence), _observed.Splits.ToLookup(split => split.Sequence));
        foreach (var decision in expected)
        {
            var actualMerges = merges[decision.Sequence].Select(merge => $"{merge.Loser}>{merge.Winner}").Order(StringComparer.Ordinal);
            var wantedMerges = decision.Merged.Select(loser => $"{loser}>{decision.Root}").Order(StringComparer.Ordinal);
            if (!actualMerges.SequenceEqual(wantedMerges))
            {
                Add(Mismatch.WrongMerges, $"ProfileMerged of decision {decision}: [{string.Join(", ", actualMerges)}]");
            }
            var actualSplits = splits[decision.Sequence].Select(split => $"{split.Root}>{string.Join('+', split.Into)}: {Sorted(split.Ids)}");
            string[] wantedSplits = decision.Into is null ? [] : [$"{decision.Root}>{decision.Into}: {Sorted(decision.Ids)}"];
            if (!actualSplits.SequenceEqual(wantedSplits))
            {
                Add(Mismatch.WrongMerges, $"ProfileSplit of decision {decision}: [{string.Join(", ", actualSplits)}]");
            }
        }

        static string Sorted(IEnumerable<Id> ids) => string.Join(", ", ids.Select(id => $"{id}").Order(StringComparer.Ordinal));
    }

    /// <summary>Finally, each event is under the profile that its identifiers lead to, and Redis has the roots.</summary>
    private void CompareRoots()
    {
        foreach (var e in _observed.Identified.Where(e => IsAcknowledged(e.Event)))
        {
            var ids = _population.Events[e.Event].Ids;
            var root = _linker.RootOf(ids[0]);
            var place = $"{Name(e.Event)} is in events.identified {e.At}";
            if (_linker.SurvivorOf(e.ProfileId) != root && !_linker.LeadsTo(e.ProfileId, root))
            {
                Add(Mismatch.WrongMerges, $"{place} under {e.ProfileId}, which became {_linker.SurvivorOf(e.ProfileId)}; expected: {root}");
            }
            if (!ids.Except(e.Refused).SequenceEqual(e.Ids)) Add(Mismatch.WrongMerges, $"{place} with {Text(e.Ids)} and refused {Text(e.Refused)}");
            foreach (var id in e.Ids.Where(id => _linker.RootOf(id) != root && !_linker.LeadsTo(e.ProfileId, _linker.RootOf(id))))
            {
                Add(Mismatch.WrongMerges, $"{place} with {id}, whose profile is {_linker.RootOf(id)}, not {root}");
            }
            if (e.Refused.Count > 0 && !_refused.Contains(string.Join('\n', ids)))
            {
                Add(Mismatch.WrongMerges, $"{place} without {Text(e.Refused)}, which the linker did not refuse");
            }
        }
        foreach (var id in _linker.Decided)
        {
            var hot = _observed.HotRoots.GetValueOrDefault(id);
            if (hot != _linker.RootOf(id)) Add(Mismatch.WrongStates, $"Redis has {hot ?? "nothing"} for {id}; expected: {_linker.RootOf(id)}");
        }
    }

    /// <summary>
    /// What a device sends with one key is validated in that order. The events of one input partition that share an identifier and a profile keep their order;
    /// across profiles and partitions there is none.
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

    private void CompareProfiles()
    {
        var expected = ExpectedProfiles();
        foreach (var (profileId, wanted) in expected)
        {
            if (_observed.Profiles.TryGetValue(profileId, out var state)) CompareProfile(profileId, wanted, state);
            else Add(
                Mismatch.Lost,
                $"there is no profile {profileId} of {wanted.Ids} with {wanted.Events.Count} events, the first {wanted.Events.FirstOrDefault()?.MessageId}");
        }
        foreach (var (profileId, state) in _observed.Profiles)
        {
            if (!expected.ContainsKey(profileId) && state.Logged is { mergedInto: null })
            {
                var text = $"profile {profileId} at {state.At} of {ProfileText.Ids(state.Logged)} still exists";
                Add(Mismatch.WrongMerges, $"{text}; expected: merged into {_linker.SurvivorOf(profileId)}");
            }
            if (state.Hot is null || Text(state.Hot) != Text(state.Logged))
            {
                var hot = state.Hot is null ? "nothing" : Text(state.Hot);
                Add(Mismatch.WrongStates, $"Redis has {hot} for {profileId}; profiles {state.At} has {Text(state.Logged)}");
            }
        }
    }

    private Dictionary<string, ExpectedProfile> ExpectedProfiles()
    {
        var expected = new Dictionary<string, ExpectedProfile>();
        var received = _observed.Validated.ToLookup(validated => validated.At, validated => validated.ReceivedAt);
        foreach (var identified in _observed.Identified.Where(e => IsAcknowledged(e.Event)).DistinctBy(e => e.Origin))
        {
            var e = _population.Events[identified.Event];
            var when = e.UsesReceivedAt ? received[identified.Origin].FirstOrDefault() : e.Timestamp;
            GetOrAdd(_linker.RootOf(e.Ids[0]), isAccount: false).Add(e, when, identified.At);
            foreach (var id in e.Ids.Except(identified.Refused)) GetOrAdd(_linker.RootOf(id), isAccount: false).AddIdentifier(id);
            if (e.GroupId is null) continue;
            var group = new Id("group_id", e.GroupId);
            var account = GetOrAdd(_profileIds.Implied(group.ToRecord()), isAccount: true);
            account.Add(e, when, identified.At);
            account.AddIdentifier(group);
        }
        return expected;

        ExpectedProfile GetOrAdd(string profileId, bool isAccount)
        {
            if (!expected.TryGetValue(profileId, out var profile)) expected[profileId] = profile = new ExpectedProfile(isAccount);
            return profile;
        }
    }

    private void CompareProfile(string profileId, ExpectedProfile expected, ProfileState state)
    {
        var logged = state.Logged;
        if (logged.mergedInto is { } winner)
        {
            Add(Mismatch.WrongMerges, $"profile {profileId} at {state.At} is merged into {winner}; expected: still exists with {expected.Ids}");
            return;
        }
        ComparePart(Mismatch.WrongMerges, "identifiers", ProfileText.Ids(logged), expected.Ids);
        ComparePart(Mismatch.WrongTraits, "traits", ProfileText.Traits(logged), expected.Traits);
        ComparePart(Mismatch.WrongCounts, "counts", ProfileText.Counts(logged), expected.Counts);
        ComparePart(Mismatch.WrongCounts, "totals", ProfileText.Totals(logged), expected.Totals);
        ComparePart(Mismatch.WrongStates, "incomplete parts", ProfileText.Cut(logged), expected.Cut);
        ComparePart(Mismatch.WrongStates, "recent events", ProfileText.Recent(logged), expected.Recent);
        ComparePart(Mismatch.WrongStates, "accounts", ProfileText.Links(logged), expected.Links);
        ComparePart(Mismatch.WrongStates, "positions", ProfileText.Positions(logged), expected.Positions);

        void ComparePart(Mismatch kind, string part, string actual, string wanted)
        {
            if (actual == wanted) return;
            var events = string.Join(' ', expected.Events.Take(20).Select(e => e.MessageId));
            Add(kind, $"profile {profileId} at {state.At} of {expected.Ids}: {part} {actual}; expected: {wanted}; its events: {events}");
        }
    }

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

    /// <summary>A dead letter contains the original value wherever it fits.</summary>
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

    private void Add(Mismatch kind, string text) => _findings.Add(kind, text);

    private bool IsAcknowledged(int e) => _actions.Answers.TryGetValue(e, out var code) && code is null;

    private bool IsKnown(int e) => e >= 0 && e < _population.Events.Count;

    private string Name(int e)
    {
        if (!IsKnown(e)) return "an unknown event";
        var sent = _population.Events[e];
        return $"{sent.MessageId} ({sent.Type} of {Text(sent.Ids)}{(sent.OddInput is { } kind ? $", {kind}" : "")})";
    }

    private static string Text(IEnumerable<Id> ids) => $"[{string.Join(", ", ids)}]";

    private static string Text(cdp.Profile profile) => string.Join(
        "; ", profile.mergedInto, ProfileText.Ids(profile), ProfileText.Traits(profile), ProfileText.Counts(profile), ProfileText.Totals(profile),
        ProfileText.Cut(profile), ProfileText.Recent(profile), ProfileText.Links(profile), ProfileText.Positions(profile));
}
