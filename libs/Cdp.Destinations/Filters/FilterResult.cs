using System.Text.Json;

namespace Cdp.Destinations.Filters;

/// <summary>What a filter decided about one event.</summary>
public abstract record FilterResult
{
    private FilterResult() { }

    /// <summary>The event is sent to the destination.</summary>
    /// <param name="Event">The event as JSON, with the changes of the filter. Valid until the document of the original event is disposed.</param>
    public sealed record Passed(JsonElement Event) : FilterResult;

    /// <summary>The event is not sent.</summary>
    /// <param name="Rule">The name of the step that dropped it.</param>
    public sealed record Dropped(string Rule) : FilterResult;
}
