using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Contracts;

namespace Cdp.Chaos.Ledger;

/// <summary>Holds what a run left behind against what it has to be. Pure.</summary>
public sealed class Comparison
{
    private readonly Population _population;
    private readonly Observed _observed;
    private readonly IReadOnlySet<int> _sent;
    private readonly Linking _linking;
    private readonly ProfileIds _profileIds;
    private readonly Findings _findings = new();

    private Comparison(Population population, IReadOnlySet<int> sent, Observed observed, Rules rules, ProfileIds profileIds)
    {
        (_population, _sent, _observed, _profileIds) = (population, sent, observed, profileIds);
        _linking = new Linking(rules, profileIds);
    }

    /// <param name="population">Who sent.</param>
    /// <param name="sent">The events that were acknowledged.</param>
    /// <param name="observed">What the run left.</param>
    /// <param name="rules">The linker's.</param>
    /// <param name="profileIds">What identifiers imply.</param>
    public static Findings Of(Population population, IReadOnlySet<int> sent, Observed observed, Rules rules, ProfileIds profileIds)
    {
        var comparison = new Comparison(population, sent, observed, rules, profileIds);
        comparison.EachOnce();
        comparison.Decisions();
        comparison.Roots();
        comparison.Order();
        comparison.Profiles();
        comparison.Deliveries();
        foreach (var dead in observed.Dead) comparison._findings.Add(Fault.DeadRecords, dead);
        return comparison._findings;
    }

    /// <summary>What was acknowledged is validated once and identified once; what is handed on is handed on once.</summary>
    private void EachOnce()
    {
        var validated = new Dictionary<int, At>();
        foreach (var (at, e) in _observed.Validated)
        {
            if (!_sent.Contains(e)) _findings.Add(Fault.WrongStates, $"events.validated {at} holds an event that nobody sent");
            else if (!validated.TryAdd(e, at)) _findings.Add(Fault.Double, $"{Sent.MessageIdOf(e)} is in events.validated at {validated[e]} and {at}");
        }
        foreach (var e in _sent.Where(e => !validated.ContainsKey(e))) _findings.Add(Fault.Lost, $"{Name(e)} was acknowledged and is not in events.validated");

        var identified = new Dictionary<At, At>();
        foreach (var e in _observed.Identified)
        {
            if (!identified.TryAdd(e.Origin, e.At)) _findings.Add(Fault.Double, $"{Sent.MessageIdOf(e.Event)} is in events.identified at {identified[e.Origin]} and {e.At}, both from events.validated {e.Origin}");
        }
        foreach (var (at, e) in _observed.Validated.Where(e => !identified.ContainsKey(e.At))) _findings.Add(Fault.Lost, $"{Name(e)} is in events.validated at {at} and not in events.identified");

        var handed = new Dictionary<(string, string), At>();
        foreach (var (at, to, what) in _observed.Handed)
        {
            if (!handed.TryAdd((to, what), at)) _findings.Add(Fault.Double, $"profiles.transfers hands {what} to {to} at {handed[(to, what)]} and {at}");
        }
    }

    /// <summary>Every request, in the order in which it stands, leads to what the rules give for that order.</summary>
    private void Decisions()
    {
        var answers = new Dictionary<int, Answer>();
        var expected = new List<Decided>();
        var refused = _observed.Decisions.Where(decision => decision.Kind is "limit" or "capped").Select(decision => decision.Request).ToHashSet();
        foreach (var request in _observed.Requests)
        {
            if (request.Event < 0 || request.Event >= _population.Events.Count) continue;
            var e = _population.Events[request.Event];
            if (!request.Ids.SequenceEqual(e.Ids)) _findings.Add(Fault.WrongMerges, $"{Name(e.Index)}: the request at {request.Offset} has [{string.Join(", ", request.Ids)}]");
            var answer = answers[e.Index] = _linking.Decide(e, request.Offset, refused.Contains(request.Offset));
            if (answer.Decision is { } decision) expected.Add(decision);
        }
        foreach (var (right, made) in Pairs(expected, _observed.Decisions))
        {
            if ($"{right}" != $"{made}") _findings.Add(Fault.WrongMerges, $"decision {made?.ToString() ?? "missing"}; right is {right?.ToString() ?? "none"}");
        }
        var ended = _observed.Ended.ToLookup(end => end.Sequence);
        foreach (var decision in expected)
        {
            var made = ended[decision.Sequence].Select(end => $"{end.Loser}>{end.Winner}").Order(StringComparer.Ordinal);
            var right = decision.Merged.Select(loser => $"{loser}>{decision.Root}").Order(StringComparer.Ordinal);
            if (!made.SequenceEqual(right)) _findings.Add(Fault.WrongMerges, $"ProfileMerged of decision {decision}: [{string.Join(", ", made)}]");
        }
        foreach (var e in _observed.Identified)
        {
            if (answers.TryGetValue(e.Event, out var answer) && (answer.Root != e.ProfileId || !answer.Apart.ToHashSet().SetEquals(e.Refused)))
            {
                _findings.Add(Fault.WrongMerges, $"{Name(e.Event)} went to the linker and is in events.identified {e.At} under {e.ProfileId} without [{string.Join(", ", e.Refused)}]; right is {answer.Root} without [{string.Join(", ", answer.Apart)}]");
            }
        }
    }

    /// <summary>In the end every event is under what its identifiers lead to, and Redis knows it.</summary>
    private void Roots()
    {
        var refusals = _observed.Decisions.Where(decision => decision.Dropped.Count > 0).Select(decision => string.Join('\n', _population.Events[decision.Event].Ids)).ToHashSet();
        foreach (var e in _observed.Identified)
        {
            if (!_sent.Contains(e.Event)) continue;
            var ids = _population.Events[e.Event].Ids;
            var root = _linking.RootOf(ids[0]);
            if (_linking.Living(e.ProfileId) != root) _findings.Add(Fault.WrongMerges, $"{Name(e.Event)} is in events.identified {e.At} under {e.ProfileId}, which became {_linking.Living(e.ProfileId)}; right is {root}");
            if (!ids.Except(e.Refused).SequenceEqual(e.Ids)) _findings.Add(Fault.WrongMerges, $"{Name(e.Event)} is in events.identified {e.At} with [{string.Join(", ", e.Ids)}] and refused [{string.Join(", ", e.Refused)}]");
            foreach (var id in e.Ids.Where(id => _linking.RootOf(id) != root)) _findings.Add(Fault.WrongMerges, $"{Name(e.Event)} is in events.identified {e.At} with {id}, whose profile is {_linking.RootOf(id)} and not {root}");
            if (e.Refused.Count > 0 && !refusals.Contains(string.Join('\n', ids))) _findings.Add(Fault.WrongMerges, $"{Name(e.Event)} is in events.identified {e.At} without [{string.Join(", ", e.Refused)}], which no decision refused");
        }
        foreach (var id in _linking.Named)
        {
            var hot = _observed.HotRoots.GetValueOrDefault(id);
            if (hot != _linking.RootOf(id)) _findings.Add(Fault.WrongStates, $"Redis has {hot ?? "nothing"} for {id}; right is {_linking.RootOf(id)}");
        }
    }

    /// <summary>
    /// What a device sends in order is validated in that order. Of one input partition, the events of one identifier and profile keep their order; across profiles
    /// and partitions there is none.
    /// </summary>
    private void Order()
    {
        var places = new Dictionary<int, int>();
        foreach (var lane in _population.Order)
        {
            foreach (var e in lane) places.TryAdd(e, places.Count);
        }
        var last = new Dictionary<string, Validated>();
        foreach (var now in _observed.Validated.Where(now => places.ContainsKey(now.Event)))
        {
            var key = _population.Events[now.Event].Key;
            if (last.TryGetValue(key, out var before) && places[before.Event] > places[now.Event]) _findings.Add(Fault.OrderViolations, $"{key} sent {Name(now.Event)} before {Name(before.Event)}; events.validated has them at {now.At} and {before.At}");
            last[key] = now;
        }
        var latest = new Dictionary<(string, int, Id), Identified>();
        foreach (var e in _observed.Identified.Where(e => _sent.Contains(e.Event)))
        {
            foreach (var id in _population.Events[e.Event].Ids)
            {
                var place = (e.ProfileId, e.Origin.Partition, id);
                if (latest.TryGetValue(place, out var before) && before.Origin.Offset > e.Origin.Offset)
                {
                    _findings.Add(Fault.OrderViolations, $"{id} of {e.ProfileId}: {Name(before.Event)} from events.validated {before.Origin} is at {before.At}, before {Name(e.Event)} from {e.Origin} at {e.At}");
                }
                latest[place] = e;
            }
        }
    }

    private void Profiles()
    {
        var expected = new Dictionary<string, Expected>();
        var places = new Dictionary<int, At>();
        foreach (var e in _observed.Identified) places.TryAdd(e.Event, e.At);
        foreach (var index in _sent)
        {
            var e = _population.Events[index];
            var (root, at) = (_linking.RootOf(e.Ids[0]), places.GetValueOrDefault(index));
            Of(root, isAccount: false).Add(e, e.Ids.Where(id => _linking.RootOf(id) == root), at.Partition, at.Offset);
            if (e.GroupId is null) continue;
            var account = new Id("group_id", e.GroupId);
            Of(_profileIds.Implied(account.ToRecord()), isAccount: true).Add(e, [account], at.Partition, at.Offset);
        }
        foreach (var (profileId, right) in expected)
        {
            if (!_observed.Profiles.TryGetValue(profileId, out var state)) _findings.Add(Fault.Lost, $"there is no profile {profileId} of {right.Ids}, with {right.Events.Count} events from {right.Events[0].MessageId} on");
            else Profile(profileId, right, state);
        }
        foreach (var (profileId, state) in _observed.Profiles)
        {
            if (!expected.ContainsKey(profileId) && state.Logged.mergedInto is null) _findings.Add(Fault.WrongMerges, $"profile {profileId} at {state.At} of {ProfileText.Ids(state.Logged)} lives; right is {_linking.Living(profileId)}");
            if (state.Hot is null || !Same(state.Hot, state.Logged)) _findings.Add(Fault.WrongStates, $"Redis has {(state.Hot is { } hot ? Text(hot) : "nothing")} for {profileId}; profiles {state.At} has {Text(state.Logged)}");
        }

        Expected Of(string profileId, bool isAccount)
        {
            if (!expected.TryGetValue(profileId, out var profile)) expected[profileId] = profile = new Expected(isAccount);
            return profile;
        }
    }

    private void Profile(string profileId, Expected right, State state)
    {
        var made = state.Logged;
        if (made.mergedInto is { } winner) _findings.Add(Fault.WrongMerges, $"profile {profileId} at {state.At} is part of {winner}; right is that it lives with {right.Ids}");
        else
        {
            Differs(Fault.WrongMerges, "identifiers", ProfileText.Ids(made), right.Ids);
            Differs(Fault.WrongTraits, "traits", ProfileText.Traits(made), right.Traits);
            Differs(Fault.WrongCounts, "counts", ProfileText.Counts(made), right.Counts);
            Differs(Fault.WrongCounts, "all", ProfileText.Totals(made), right.Totals);
            Differs(Fault.WrongStates, "recent events", ProfileText.Recent(made), right.Recent);
            Differs(Fault.WrongStates, "accounts", ProfileText.Links(made), right.Links);
            Differs(Fault.WrongStates, "records", ProfileText.Positions(made), right.Positions);
        }

        void Differs(Fault fault, string what, string made, string wanted)
        {
            if (made != wanted) _findings.Add(fault, $"profile {profileId} at {state.At} of {right.Ids}: {what} {made}; right is {wanted}; its events: {string.Join(' ', right.Events.Take(20).Select(e => e.MessageId))}");
        }
    }

    /// <summary>Every event arrives, and those of a profile for the first time in the order in which they stand.</summary>
    private void Deliveries()
    {
        var arrived = new Dictionary<Arrived, int>();
        foreach (var arrival in _observed.Arrived) arrived.TryAdd(arrival, arrived.Count);
        var last = new Dictionary<string, (Identified Event, int Place)>();
        foreach (var e in _observed.Identified)
        {
            if (!arrived.TryGetValue(new Arrived(e.ProfileId, e.Event), out var place))
            {
                _findings.Add(Fault.Lost, $"{Name(e.Event)} in events.identified {e.At} was not delivered");
                continue;
            }
            if (last.TryGetValue(e.ProfileId, out var before) && before.Place > place) _findings.Add(Fault.OrderViolations, $"profile {e.ProfileId}: {Name(e.Event)} at {e.At} was delivered before {Name(before.Event.Event)} at {before.Event.At}");
            last[e.ProfileId] = (e, place);
        }
    }

    private string Name(int e) => e >= 0 && e < _population.Events.Count ? $"{Sent.MessageIdOf(e)} ({_population.Events[e].Type} of [{string.Join(", ", _population.Events[e].Ids)}])" : "an event of nobody";

    private static IEnumerable<(Decided? Right, Decided? Made)> Pairs(IReadOnlyList<Decided> right, IReadOnlyList<Decided> made) =>
        Enumerable.Range(0, Math.Max(right.Count, made.Count)).Select(i => (right.ElementAtOrDefault(i), made.ElementAtOrDefault(i)));

    private static bool Same(cdp.Profile a, cdp.Profile b) => Text(a) == Text(b);

    private static string Text(cdp.Profile profile) => string.Join("; ", profile.mergedInto, ProfileText.Ids(profile), ProfileText.Traits(profile), ProfileText.Counts(profile), ProfileText.Totals(profile), ProfileText.Recent(profile), ProfileText.Links(profile), ProfileText.Positions(profile));
}
