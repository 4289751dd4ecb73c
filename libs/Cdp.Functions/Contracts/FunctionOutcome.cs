namespace Cdp.Functions.Contracts;

/// <summary>What a function made of one event. There is exactly one for each event.</summary>
public abstract record FunctionOutcome
{
    private FunctionOutcome() { }

    /// <summary>What the function logged for the event, at most <see cref="FunctionLimits.LogLength"/>. It may hold data of a sender.</summary>
    public string Log { get; init; } = "";

    /// <summary>The function succeeded.</summary>
    /// <param name="Events">
    /// One or more events as JSON, in order. Of a destination function: the event that it delivered, unchanged.
    /// </param>
    public sealed record Kept(IReadOnlyList<string> Events) : FunctionOutcome;

    /// <summary>The function does not want the event. No fault.</summary>
    /// <param name="Reason">The reason, for people.</param>
    public sealed record Dropped(string Reason) : FunctionOutcome;

    /// <summary>The function threw, returned something else than events, or exceeded a limit.</summary>
    /// <param name="Reason">The reason, for people. It may hold data of a sender, because the function wrote it.</param>
    /// <param name="Module">The name of the function or of the library that failed; null if unknown.</param>
    /// <param name="Line">The line in it, from 1; null if unknown.</param>
    /// <param name="Column">The column in characters, from 1; null if unknown.</param>
    /// <param name="Retryable">Whether another attempt may succeed.</param>
    public sealed record Failed(string Reason, string? Module, int? Line, int? Column, bool Retryable) : FunctionOutcome;
}
