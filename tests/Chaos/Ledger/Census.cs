using Cdp.Chaos.Faults;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.Ledger;

/// <summary>Counts how often each kind of input and fault actually occurred, so that a missing kind is detected. Pure.</summary>
public static class Census
{
    /// <param name="population">Everything that was sent.</param>
    /// <param name="answers">Ingestion's answers, by event.</param>
    /// <param name="observed">The results of the run.</param>
    /// <param name="window">The duplicate window.</param>
    /// <param name="plan">The faults that were injected.</param>
    /// <param name="runCounts">Counts that only the run itself knows.</param>
    public static IReadOnlyList<(string Kind, int Count)> Take(
        Population population, IReadOnlyDictionary<int, string?> answers, Observed observed, TimeSpan window, IEnumerable<PlannedFault> plan,
        IEnumerable<(string Kind, int Count)> runCounts)
    {
        var odd = answers.Keys.Where(e => population.Events[e].OddInput is not null).CountBy(e => population.Events[e].OddInput!.Value).ToDictionary();
        var (within, across, inverted) = CountRepeats(observed.Collected, window);
        return
        [
            .. Switches.OddInputs.Select(kind => ($"input: {EnumText.Words(kind)}", odd.GetValueOrDefault(kind))),
            ("input: a message repeated within the window", within),
            ("input: a message repeated across the end of a slot", across),
            .. Switches.InvertsRepeats ? [("input: a message repeated, received earlier and stored later", inverted)] : Array.Empty<(string, int)>(),
            ("input: merges by a server", answers.Keys.Count(e => population.Events[e].IsServerMerge)),
            ("outcome: decisions that keep identifiers out", observed.Decisions.Count(decision => decision.Dropped.Count > 0)),
            ("outcome: deliveries after several attempts", observed.Outcomes.Count(outcome => outcome.Attempts > 1)),
            ("outcome: dead deliveries", observed.Outcomes.Count(outcome => outcome.Outcome == "dead")),
            ("outcome: dead deliveries that were sent again", observed.Outcomes.Count(outcome => outcome.RedrivenFrom is not null)),
            .. population.HasHeavyCustomers ? CountLimits(observed, population.HasLargeAccount) : [],
            .. plan.GroupBy(NameOf).OrderBy(group => group.First().Kind).Select(group => ($"fault: {group.Key}", group.Count())),
            .. runCounts,
        ];
    }

    private static string NameOf(PlannedFault fault) => fault.Kind == FaultKind.RedisErrors ? $"{fault.Name} {fault.Target}" : fault.Name;

    private static IEnumerable<(string Kind, int Count)> CountLimits(Observed observed, bool hasLargeAccount)
    {
        cdp.Profile[] profiles = [.. observed.Profiles.Values.Select(state => state.Logged)];
        yield return ("outcome: profiles with more trait names than are kept", profiles.Count(profile => profile.cut.Contains("traits")));
        yield return ("outcome: profiles with larger trait values than are kept", profiles.Count(profile => profile.cutTraits.Count > 0));
        yield return ("outcome: profiles with more event names than are kept", profiles.Count(profile => profile.otherEvents is not null));
        yield return ("outcome: people in as many accounts as are kept", profiles.Count(profile => profile.accounts.Count == 100));
        if (hasLargeAccount) yield return ("outcome: accounts with as many people as are kept", profiles.Count(profile => profile.members.Count == 1_000));
        yield return (
            "outcome: profiles with longer identifiers than are kept",
            profiles.Count(profile => profile.identifiers.Any(id => id.value.Contains('~', StringComparison.Ordinal))));
    }

    private static (int Within, int Across, int Inverted) CountRepeats(IReadOnlyList<CollectedRecord> collected, TimeSpan window)
    {
        var (within, across, inverted) = (0, 0, 0);
        foreach (var message in collected.GroupBy(record => (record.Event, record.At.Partition)).Where(message => message.Skip(1).Any()))
        {
            var records = message.OrderBy(record => record.At.Offset).ToList();
            foreach (var (earlier, later) in records.Zip(records.Skip(1)))
            {
                if ((later.ReceivedAt - earlier.ReceivedAt).Duration() > window) continue;
                within++;
                if (later.ReceivedAt.Ticks / window.Ticks != earlier.ReceivedAt.Ticks / window.Ticks) across++;
                if (later.ReceivedAt.Ticks / window.Ticks < earlier.ReceivedAt.Ticks / window.Ticks) inverted++;
            }
        }
        return (within, across, inverted);
    }
}
