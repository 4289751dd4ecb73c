using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>
/// Maps a payload of any form to events in the form that SDKs send. Rules are tried in order; the first one whose condition holds applies.
/// Pure and thread-safe; it does not throw, whatever the payload contains.
/// </summary>
public sealed class EventMapping
{
    // The most errors that are reported for one payload.
    private const int MaxFaults = 100;

    private readonly Scalar? _each;
    private readonly IReadOnlyList<Rule> _rules;

    /// <param name="each">The expression for the list whose items the rules are applied to; null to apply them to the payload as a whole.</param>
    /// <param name="rules">The rules, in order.</param>
    /// <param name="fingerprint">A string that differs between mappings.</param>
    public EventMapping(Scalar? each, IReadOnlyList<Rule> rules, string fingerprint = "") => (_each, _rules, Fingerprint) = (each, rules, fingerprint);

    /// <summary>A hash of the mapping as it is written, without samples and comments.</summary>
    public string Fingerprint { get; }

    public MappingResult Map(JsonElement body) => Map(new Payload(body));

    public MappingResult Map(in Payload payload) => Map(payload, MappingLimits.Default);

    public MappingResult Map(in Payload payload, MappingLimits limits)
    {
        using var output = new Output(limits);
        var faults = new List<MappingFault>();
        if (_each is null)
        {
            if (Apply(payload, output) is { } fault) faults.Add(fault);
        }
        else if (_each.Evaluate(payload) is { ValueKind: JsonValueKind.Array } items)
        {
            var index = 0;
            foreach (var item in items.EnumerateArray())
            {
                if (output.IsFull || faults.Count >= MaxFaults) break;
                if (Apply(payload with { Item = item }, output) is { } fault)
                {
                    faults.Add(fault with { Item = index, Message = $"item {index}: {fault.Message}" });
                }
                index++;
            }
        }
        else
        {
            faults.Add(new MappingFault(_each.Text, $"each ({_each.Text}) does not find a list"));
        }
        if (output.Exceeded is not { } exceeded) return new MappingResult(output.Events, faults);
        return new MappingResult([], [new MappingFault("", $"the mapping produces {exceeded}")]) { IsTooLarge = true };
    }

    private MappingFault? Apply(in Payload payload, Output output)
    {
        foreach (var rule in _rules)
        {
            if (rule.When?.Holds(payload) == false) continue;
            var before = output.Events.Count;
            foreach (var template in rule.Events)
            {
                if (template.Write(output, payload) is not { } fault) continue;
                // All events of a payload or none: the whole payload goes to quarantine and can be mapped again once the rule is fixed.
                output.Events.RemoveRange(before, output.Events.Count - before);
                return fault with { Message = $"the rule at {rule.Place} applies, but {fault.Message}" };
            }
            return null;
        }
        return new MappingFault("", $"none of the {_rules.Count} rules applies");
    }
}
