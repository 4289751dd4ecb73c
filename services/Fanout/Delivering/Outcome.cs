namespace Cdp.Fanout.Delivering;

/// <summary>How the delivery of one event ended.</summary>
/// <param name="IdempotencyKey">What its requests carried.</param>
/// <param name="Status">The HTTP status of the last answer; null where there was none.</param>
/// <param name="Reason">Why it was given up; null where the destination took it.</param>
/// <param name="Attempts">How many requests were made.</param>
/// <param name="At">When the last one ended.</param>
public sealed record Outcome(string IdempotencyKey, int? Status, string? Reason, int Attempts, DateTime At);
