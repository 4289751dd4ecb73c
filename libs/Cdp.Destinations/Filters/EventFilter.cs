using System.Text.Json;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Filters;

/// <summary>
/// Drops, samples and changes events before a destination gets them: a list of steps, each with an action and optionally a condition in FQL. The steps are
/// applied in order, each to the result of the previous one. Compiled once; thread-safe. The actions are those of Segment's tsub.
/// </summary>
public sealed class EventFilter
{
    private readonly IReadOnlyList<Step> _steps;

    internal EventFilter(IReadOnlyList<Step> steps, IReadOnlyList<string> warnings) => (_steps, Warnings) = (steps, warnings);

    /// <summary>Warnings about valid parts of the conditions that other implementations of FQL interpret differently, each with its path.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Compiles a filter.</summary>
    /// <param name="filter">A JSON array of steps.</param>
    /// <param name="errors">Receives every fault: its path in the filter, such as <c>/0/sample/percent</c>, what is wrong, and what to write.</param>
    /// <returns>The filter; null if there was a fault.</returns>
    public static EventFilter? Parse(JsonElement filter, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return FilterReader.Read(filter.Clone(), errors);
    }

    /// <summary>Decides about an event. The same event always has the same result, so that a second attempt does not decide differently.</summary>
    /// <param name="event">The event as JSON in Segment's shape (<see cref="EventJson"/>).</param>
    public FilterResult Apply(JsonElement @event)
    {
        var data = Datum.Of(@event);
        foreach (var step in _steps)
        {
            if (step.Condition is { } condition)
            {
                var matches = condition.TryMatch(data.ToElement());
                // The purpose of the step may be to remove personal data, so an event for which its condition cannot be decided is not sent.
                if (matches is null) return step.Undecided;
                if (matches is false) continue;
            }
            if (step.Action.Apply(data) is not { } changed) return step.Dropped;
            data = changed;
        }
        return new FilterResult.Passed(data.ToElement());
    }
}
