using Cdp.Destinations.Fql;

namespace Cdp.Destinations.Filters;

/// <summary>One step of a filter.</summary>
/// <param name="name">Its name, for messages.</param>
/// <param name="condition">The events that it applies to; null for all.</param>
/// <param name="action">What it does.</param>
internal sealed class Step(string name, FqlExpression? condition, FilterAction action)
{
    public FqlExpression? Condition { get; } = condition;

    public FilterAction Action { get; } = action;

    public FilterResult.Dropped Dropped { get; } = new(name);

    /// <summary>The result for an event for which the condition is undefined.</summary>
    public FilterResult.Dropped Undecided { get; } = new($"{name}: the condition cannot be evaluated for the values of this event");
}
