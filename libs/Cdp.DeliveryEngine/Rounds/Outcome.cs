namespace Cdp.DeliveryEngine.Rounds;

/// <summary>What became of an event in one round.</summary>
internal abstract record Outcome
{
    private Outcome() { }

    /// <summary>The destination accepted it.</summary>
    public sealed record Delivered(int Status, int Attempts, DateTime At) : Outcome;

    /// <summary>A rule excludes it.</summary>
    public sealed record Filtered(string Rule, DateTime At) : Outcome;

    /// <summary>It is given up.</summary>
    public sealed record Dead(int? Status, string Reason, int Attempts, DateTime At) : Outcome;

    /// <summary>It waits for its next attempt, or behind another event of its lane.</summary>
    /// <param name="Status">The HTTP status of the last response; null if there was none.</param>
    /// <param name="Reason">Why the last attempt failed; null if there was none.</param>
    /// <param name="Attempts">The number of requests that were made.</param>
    /// <param name="DueAt">When the next attempt is due, in UTC.</param>
    /// <param name="Pending">The request that is still in flight, if that is what it waits for.</param>
    public sealed record Parked(int? Status, string? Reason, int Attempts, DateTime DueAt, PendingRequest? Pending = null) : Outcome;
}
