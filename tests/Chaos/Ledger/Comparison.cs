using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Contracts;

namespace Cdp.Chaos.Ledger;

/// <summary>Compares the results of a run with the expectations of the oracle. Pure.</summary>
public sealed partial class Comparison
{
    private readonly Population _population;
    private readonly Observed _observed;
    private readonly RunActions _actions;
    private readonly Rules _rules;
    private readonly LinkerModel _linker;
    private readonly ProfileIds _profileIds;
    private readonly Findings _findings = new();

    // The combinations of identifiers from which the linker had to exclude some.
    private readonly HashSet<string> _refused = [];

    private Comparison(Population population, RunActions actions, Observed observed, Rules rules, ProfileIds profileIds)
    {
        (_population, _actions, _observed, _rules, _profileIds) = (population, actions, observed, rules, profileIds);
        _linker = new LinkerModel(rules, profileIds);
    }

    /// <param name="population">Everything that was sent.</param>
    /// <param name="actions">The actions of the run.</param>
    /// <param name="observed">The results of the run.</param>
    /// <param name="rules">The limits of the installation under test.</param>
    /// <param name="profileIds">Derives the profile id that an identifier implies.</param>
    /// <param name="onlyDeliveries">Whether only deliveries are compared.</param>
    public static Findings Run(
        Population population, RunActions actions, Observed observed, Rules rules, ProfileIds profileIds, bool onlyDeliveries = false)
    {
        var comparison = new Comparison(population, actions, observed, rules, profileIds);
        comparison.CompareDeliveries();
        if (onlyDeliveries) return comparison._findings;
        comparison.CompareRefusals();
        comparison.CompareOccurrences();
        comparison.CompareDecisions();
        comparison.CompareRoots();
        comparison.CompareOrder();
        comparison.CompareProfiles();
        comparison.CompareDeadLetters();
        return comparison._findings;
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
}
