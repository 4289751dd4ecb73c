using Cdp.Validation.Schemas;

namespace Cdp.Validation.Plans;

/// <summary>The action taken on a violation.</summary>
public enum PlanAction
{
    /// <summary>The event passes, and the violation is recorded.</summary>
    Allow,

    /// <summary>The event passes without the offending member, and the violation is recorded.</summary>
    Omit,

    /// <summary>The event is quarantined.</summary>
    Block,
}

/// <summary>A tracking plan: the contract for the events of some sources. Immutable, so safe to use from any thread.</summary>
/// <param name="Id">The plan's name in violations.</param>
/// <param name="Version">The version that its author gave it.</param>
/// <param name="Sources">The sources that it applies to; <c>*</c> is every source that no other plan names.</param>
/// <param name="Default">The action for kinds of violation that <paramref name="Actions"/> does not list.</param>
/// <param name="Actions">The actions by kind (<see cref="ViolationKinds"/>).</param>
/// <param name="Schemas">The schemas by event name, or by <c>$identify</c>, <c>$page</c>, <c>$screen</c>, <c>$group</c>.</param>
public sealed record TrackingPlan(
    string Id,
    int Version,
    IReadOnlyList<string> Sources,
    PlanAction Default,
    IReadOnlyDictionary<string, PlanAction> Actions,
    IReadOnlyDictionary<string, Schema> Schemas)
{
    public PlanAction ActionFor(string kind) => Actions.TryGetValue(kind, out var action) ? action : Default;
}

/// <summary>The plans of an installation, by source.</summary>
public sealed class TrackingPlans(IReadOnlyList<TrackingPlan> plans)
{
    public const string EverySource = "*";

    private readonly Dictionary<string, TrackingPlan> _bySource =
        plans.SelectMany(plan => plan.Sources.Select(source => (source, plan))).ToDictionary(pair => pair.source, pair => pair.plan);

    /// <summary>The plan that names the source, else the one for every source; null if there is neither.</summary>
    public TrackingPlan? For(string sourceId) => _bySource.GetValueOrDefault(sourceId) ?? _bySource.GetValueOrDefault(EverySource);
}
