using cdp;
using Cdp.Validation.Json;
using Cdp.Validation.Schemas;
using Newtonsoft.Json.Linq;

namespace Cdp.Validation.Plans;

/// <summary>The result of validating an event.</summary>
/// <param name="Accepted">Whether the event passes; otherwise it is quarantined.</param>
/// <param name="Envelope">The event, without the members that were omitted.</param>
/// <param name="Violations">The violations and the action taken on each; at most <see cref="Findings.MaxKept"/>.</param>
/// <param name="ViolationCount">How many violations there are in total.</param>
public sealed record Verdict(bool Accepted, Event Envelope, IList<Violation> Violations, int ViolationCount);

/// <summary>Validates events against tracking plans.</summary>
public static class Validator
{
    /// <summary>Validates an event.</summary>
    /// <param name="envelope">The event.</param>
    /// <param name="plan">The plan of its source; null if the source has none, so that everything passes.</param>
    public static Verdict Validate(Event envelope, TrackingPlan? plan)
    {
        if (plan is null || Subject(envelope) is not { } subject) return new Verdict(true, envelope, [], 0);
        if (plan.Schemas.TryGetValue(subject.Name, out var schema))
        {
            return Evaluate(envelope, plan, subject.Field, SchemaCheck.Check(subject.Json ?? "{}", schema, out var root), root);
        }
        if (envelope.type != "track") return new Verdict(true, envelope, [], 0);
        return Evaluate(envelope, plan, "", Findings.Of(ViolationKinds.UnplannedEvent, $"the plan {plan.Id} does not list the event"), null);
    }

    // The name of the schema that applies to an event, and the member that is checked.
    private static (string Name, string Field, string? Json)? Subject(Event envelope) => envelope.type switch
    {
        "track" => (envelope.@event ?? "", "properties", envelope.properties),
        "page" => ("$page", "properties", envelope.properties),
        "screen" => ("$screen", "properties", envelope.properties),
        "identify" => ("$identify", "traits", envelope.traits),
        "group" => ("$group", "traits", envelope.traits),
        _ => null,
    };

    private static Verdict Evaluate(Event envelope, TrackingPlan plan, string field, Findings findings, JObject? root)
    {
        if (findings.Count == 0) return new Verdict(true, envelope, [], 0);
        var violations = findings.Kept.Select(finding => new Violation
        {
            kind = finding.Kind,
            path = field.Length == 0 ? "" : $"/{field}{finding.Path}",
            message = finding.Message,
            action = ActionFor(plan, finding.Kind, finding.HasMember).ToString().ToLowerInvariant(),
        }).ToList();
        var actions = findings.Kinds.Select(one => (one.Kind, Action: ActionFor(plan, one.Kind, one.HasMember))).ToList();
        if (actions.Exists(one => one.Action == PlanAction.Block)) return new Verdict(false, envelope, violations, findings.Count);

        var omitted = actions.Where(one => one.Action == PlanAction.Omit)
            .SelectMany(one => findings.Members(one.Kind))
            .ToHashSet(ReferenceEqualityComparer.Instance);
        return new Verdict(true, omitted.Count == 0 ? envelope : Without(envelope, field, root!, omitted), violations, findings.Count);
    }

    // If there is no member to omit, because the object as a whole is wrong, the event is blocked.
    private static PlanAction ActionFor(TrackingPlan plan, string kind, bool hasMember) =>
        plan.ActionFor(kind) is var action && action == PlanAction.Omit && !hasMember ? PlanAction.Block : action;

    // Returns a copy; the original event stays unchanged.
    private static Event Without(Event envelope, string field, JObject root, IReadOnlySet<object?> members)
    {
        var copy = new Event();
        for (var position = 0; position < ((Avro.RecordSchema)envelope.Schema).Count; position++) copy.Put(position, envelope.Get(position));
        if (field == "traits") copy.traits = MemberRemoval.Remove(envelope.traits, root, members);
        else copy.properties = MemberRemoval.Remove(envelope.properties, root, members);
        return copy;
    }
}
