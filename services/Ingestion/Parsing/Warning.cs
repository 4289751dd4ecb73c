namespace Cdp.Ingestion.Parsing;

/// <summary>Tells the sender of an accepted event that a part of it was ignored. The codes are stable.</summary>
public sealed record Warning(string Code, string Message)
{
    public static readonly Warning UnreadableTime = new(
        "unreadable_time", "timestamp or originalTimestamp is not a time such as 2024-06-01T12:00:00Z; the time of receipt was used");

    public static readonly Warning ImplausibleTime = new(
        "implausible_time", "the event would have happened before 1970-01-02 or in the future; the time of receipt was used");
}
