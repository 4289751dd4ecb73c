using NJsonSchema;

namespace Cdp.Validation.Plans;

/// <summary>What is done about a violation.</summary>
public enum PlanAction
{
    /// <summary>The event goes on with the violation noted.</summary>
    Allow,

    /// <summary>The event goes on without the offending member, with the violation noted.</summary>
    Omit,

    /// <summary>The event is quarantined.</summary>
    Block,
}

/// <summary>The contract of a source's events. Immutable once loaded, and so safe on every thread.</summary>
/// <param name="Id">Names it in violations.</param>
/// <param name="Version">Its author's number.</param>
/// <param name="Sources">The sources it holds for; <c>*</c>: all that no other plan names.</param>
/// <param name="Default">The action of every kind of violation that <paramref name="Actions"/> does not name.</param>
/// <param name="Actions">By kind: a JSON Schema keyword or <see cref="ViolationKinds.UnplannedEvent"/>.</param>
/// <param name="Schemas">By event name, or by <c>$identify</c>, <c>$page</c>, <c>$screen</c>, <c>$group</c>.</param>
public sealed record TrackingPlan(
    string Id,
    int Version,
    IReadOnlyList<string> Sources,
    PlanAction Default,
    IReadOnlyDictionary<string, PlanAction> Actions,
    IReadOnlyDictionary<string, JsonSchema> Schemas)
{
    public PlanAction ActionFor(string kind) => Actions.TryGetValue(kind, out var action) ? action : Default;
}

/// <summary>The plans of an installation, by source.</summary>
public sealed class TrackingPlans(IReadOnlyList<TrackingPlan> plans)
{
    public const string EverySource = "*";

    private readonly Dictionary<string, TrackingPlan> _bySource = plans.SelectMany(plan => plan.Sources.Select(source => (source, plan))).ToDictionary(pair => pair.source, pair => pair.plan);

    /// <summary>The plan that names the source, else the one for every source; null where there is neither.</summary>
    public TrackingPlan? For(string sourceId) => _bySource.GetValueOrDefault(sourceId) ?? _bySource.GetValueOrDefault(EverySource);
}
