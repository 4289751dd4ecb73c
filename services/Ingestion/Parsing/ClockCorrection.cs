namespace Cdp.Ingestion.Parsing;

/// <summary>Brings the sender's clock to ours.</summary>
public static class ClockCorrection
{
    /// <summary>
    /// receivedAt - (sentAt - original), because sender and server agree on the moment of sending, but for the way. Without sentAt the original as it
    /// is, without an original receivedAt. Never later than <paramref name="maxFuture"/> after receivedAt.
    /// </summary>
    /// <returns>The corrected time, and whether it had to be bounded.</returns>
    public static (DateTime Timestamp, bool Bounded) Correct(DateTime receivedAt, DateTime? sentAt, DateTime? original, TimeSpan maxFuture)
    {
        if (original is not { } happened) return (receivedAt, false);
        // Ticks of years 1 to 9999 cannot overflow a long, whatever is added and subtracted here.
        var ticks = sentAt is { } sent ? receivedAt.Ticks - (sent.Ticks - happened.Ticks) : happened.Ticks;
        var bounded = Math.Clamp(ticks, 0, receivedAt.Ticks + maxFuture.Ticks);
        return (new DateTime(bounded, DateTimeKind.Utc), bounded != ticks);
    }
}
