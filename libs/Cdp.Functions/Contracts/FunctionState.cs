namespace Cdp.Functions.Contracts;

/// <summary>Whether a function runs.</summary>
public abstract record FunctionState
{
    private FunctionState() { }

    /// <summary>The function runs.</summary>
    public sealed record Active : FunctionState;

    /// <summary>The function ended its worker process twice in a row, so its events fail without being run. They are retryable.</summary>
    /// <param name="Reason">How the worker ended.</param>
    /// <param name="Since">When that was.</param>
    public sealed record SwitchedOff(string Reason, DateTimeOffset Since) : FunctionState;
}
