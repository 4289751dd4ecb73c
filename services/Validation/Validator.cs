using Avro.Specific;
using cdp;
using Cdp.Validation.Plans;

namespace Cdp.Validation;

/// <summary>What becomes of an event.</summary>
/// <param name="Accepted">It goes on; else it is quarantined.</param>
/// <param name="Envelope">The event, without the members that were omitted.</param>
/// <param name="Violations">Every one found, with what was done about it.</param>
public sealed record Verdict(bool Accepted, Event Envelope, IList<Violation> Violations);

/// <summary>Holds events against tracking plans.</summary>
public static class Validator
{
    /// <summary>Decides on an event. Null plan: its source has none, and everything passes.</summary>
    public static Verdict Validate(Event envelope, TrackingPlan? plan)
    {
        if (plan is null || Subject(envelope) is not { } subject) return new Verdict(true, envelope, []);
        if (plan.Schemas.TryGetValue(subject.Name, out var schema)) return Judge(envelope, plan, subject.Field, SchemaCheck.Check(subject.Json ?? "{}", schema));
        if (envelope.type != "track") return new Verdict(true, envelope, []);
        return Judge(envelope, plan, subject.Field, [new Finding(ViolationKinds.UnplannedEvent, "", $"the plan {plan.Id} does not name the event", null)]);
    }

    // Which schema an event is held against, and which of its members.
    private static (string Name, string Field, string? Json)? Subject(Event envelope) => envelope.type switch
    {
        "track" => (envelope.@event ?? "", "properties", envelope.properties),
        "page" => ("$page", "properties", envelope.properties),
        "screen" => ("$screen", "properties", envelope.properties),
        "identify" => ("$identify", "traits", envelope.traits),
        "group" => ("$group", "traits", envelope.traits),
        _ => null,
    };

    private static Verdict Judge(Event envelope, TrackingPlan plan, string field, IReadOnlyList<Finding> findings)
    {
        if (findings.Count == 0) return new Verdict(true, envelope, []);
        var judged = findings.Select(finding => (Finding: finding, Action: Act(plan, finding))).ToList();
        var violations = judged.Select(one => new Violation
        {
            kind = one.Finding.Kind,
            path = one.Finding.Kind == ViolationKinds.UnplannedEvent ? "" : $"/{field}{one.Finding.Path}",
            message = one.Finding.Message,
            action = one.Action.ToString().ToLowerInvariant(),
        }).ToList();
        if (judged.Any(one => one.Action == PlanAction.Block)) return new Verdict(false, envelope, violations);

        var omitted = judged.Where(one => one.Action == PlanAction.Omit).Select(one => one.Finding.Member!).ToHashSet(StringComparer.Ordinal);
        return new Verdict(true, omitted.Count == 0 ? envelope : Without(envelope, field, omitted), violations);
    }

    // What cannot be omitted, because the fault is the object as a whole, is not let through either.
    private static PlanAction Act(TrackingPlan plan, Finding finding) =>
        plan.ActionFor(finding.Kind) is var action && action == PlanAction.Omit && finding.Member is null ? PlanAction.Block : action;

    // A copy: the event that came in stays as it was.
    private static Event Without(Event envelope, string field, IReadOnlySet<string> members)
    {
        var copy = new Event();
        for (var position = 0; position < ((Avro.RecordSchema)envelope.Schema).Count; position++) copy.Put(position, envelope.Get(position));
        if (field == "traits") copy.traits = Omission.Without(envelope.traits, members);
        else copy.properties = Omission.Without(envelope.properties, members);
        return copy;
    }
}
