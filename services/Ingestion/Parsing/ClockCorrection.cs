namespace Cdp.Ingestion.Parsing;

/// <summary>Converts times of the sender's clock to the server's clock and replaces times that cannot be right.</summary>
public static class ClockCorrection
{
    /// <summary>How far an event may be ahead of the server's clock, and how far a request's <c>sentAt</c> may precede its event.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The longest time an SDK may hold an event before sending it. A larger difference means that the sender's clock was adjusted in between.
    /// </summary>
    public static readonly TimeSpan MaxKept = TimeSpan.FromDays(30);

    /// <summary>The earliest plausible time of an event. A clock that was never set shows 1970-01-01 in some time zone.</summary>
    public static readonly DateTime Earliest = new(1970, 1, 2, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>
    /// Returns receivedAt - (sentAt - original): sentAt and receivedAt are the same moment on two clocks, apart from the network delay. A sentAt before the
    /// event or more than <see cref="MaxKept"/> after it is ignored and the original time is used as it is. A result before <see cref="Earliest"/> or in the
    /// future becomes receivedAt.
    /// </summary>
    /// <returns>The time on the server's clock, and whether the sender's time was replaced by the time of receipt.</returns>
    public static (DateTime Timestamp, bool Replaced) Correct(DateTime receivedAt, DateTime? sentAt, DateTime? original)
    {
        if (original is not { } happened) return (receivedAt, false);
        var kept = sentAt - happened;
        // An SDK reads the clock twice, so sentAt may be slightly before the event.
        if (kept < TimeSpan.Zero && kept >= -MaxAhead) kept = TimeSpan.Zero;
        var timestamp = kept is { } wait && wait >= TimeSpan.Zero && wait <= MaxKept ? receivedAt - wait : happened;
        return timestamp < Earliest || timestamp > receivedAt + MaxAhead ? (receivedAt, true) : (timestamp, false);
    }
}
