namespace Cdp.Ingestion.Parsing.Quarantining;

/// <summary>
/// How many bytes of the rejected events of one request are stored. An event within <see cref="LimitOptions.EventBytes"/> is stored whole: it takes no more
/// space than an accepted one. A larger event may be as large as the request, takes almost no bytes to send if it is compressed, and counts as a single
/// event against the rate limit. So larger events are truncated, and all larger events of a request share one budget.
/// </summary>
public sealed class QuarantineAllowance(LimitOptions limits)
{
    // Both in multiples of LimitOptions.EventBytes.
    private const int PerRequest = 16;
    private const int PerEvent = 2;

    private long _left = (long)PerRequest * limits.EventBytes;

    /// <summary>The most bytes that are stored of one event or one row of a file.</summary>
    public static int Most(LimitOptions limits) => Math.Min(PerEvent * limits.EventBytes, Quarantine.MaxBytes);

    /// <summary>Returns how many of an event's first bytes to store. Bytes of oversized events are deducted from the budget of the request.</summary>
    /// <param name="length">The length of the event in bytes.</param>
    public int Take(int length)
    {
        if (length <= limits.EventBytes) return length;
        var kept = (int)Math.Min(Math.Min(length, Most(limits)), _left);
        _left -= kept;
        return kept;
    }
}
