using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Ledger;

// Decisions of the linker and the roots that follow from them.
public sealed partial class Comparison
{
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
}
