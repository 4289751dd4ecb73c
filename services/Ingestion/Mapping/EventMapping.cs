using System.Text.Json;
using Cdp.Hosting;

namespace Cdp.Ingestion.Mapping;

/// <summary>
/// Turns a payload of any form into events of the form that SDKs send, by rules that are tried in order: the first whose condition holds takes it.
/// Pure and safe for many threads; it throws nothing, whatever was sent.
/// </summary>
public sealed class EventMapping
{
    // What one payload may become, and how many faults are told of it.
    private const int MaxBytes = 16 * 1024 * 1024;
    private const int MaxFaults = 100;

    private readonly Scalar? _each;
    private readonly IReadOnlyList<Rule> _rules;

    public EventMapping(Scalar? each, IReadOnlyList<Rule> rules) => (_each, _rules) = (each, rules);

    /// <summary>
    /// Reads a <c>mapping:</c> section and runs its samples. Every fault is added to the section's, with file and line; the answer is of use only where
    /// there is none.
    /// </summary>
    public static EventMapping Read(YamlSection section) => MappingReader.Read(section);

    public MappingResult Map(JsonElement body) => Map(new Payload(body));

    public MappingResult Map(in Payload payload)
    {
        using var output = new Output(MaxBytes);
        var faults = new List<MappingFault>();
        if (_each is null)
        {
            if (Place(payload, output) is { } fault) faults.Add(fault);
        }
        else if (_each.Evaluate(payload) is { ValueKind: JsonValueKind.Array } items)
        {
            var index = 0;
            foreach (var item in items.EnumerateArray())
            {
                if (output.IsFull || faults.Count >= MaxFaults) break;
                if (Place(payload with { Item = item }, output) is { } fault) faults.Add(fault with { Item = index, Message = $"item {index}: {fault.Message}" });
                index++;
            }
        }
        else
        {
            faults.Add(new MappingFault(_each.Text, $"each ({_each.Text}) finds no list"));
        }
        if (output.IsFull) return new MappingResult([], [new MappingFault("", $"its events would have more than {MaxBytes} bytes")]);
        return new MappingResult(output.Events, faults);
    }

    private MappingFault? Place(in Payload payload, Output output)
    {
        foreach (var rule in _rules)
        {
            if (rule.When?.Holds(payload) == false) continue;
            var before = output.Events.Count;
            foreach (var template in rule.Events)
            {
                if (template.Write(output, payload) is not { } fault) continue;
                // All that a payload means or none of it: what is sent again once the rule is mended is whole.
                output.Events.RemoveRange(before, output.Events.Count - before);
                return fault with { Message = $"the rule at {rule.Place} takes it, but {fault.Message}" };
            }
            return null;
        }
        return new MappingFault("", $"none of the {_rules.Count} rules takes it");
    }
}
