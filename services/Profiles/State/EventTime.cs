using cdp;

namespace Cdp.Profiles.State;

/// <summary>
/// The time of an event, as profiles use it. An implausible time, such as the year 1 or the epoch that databases print for NULL, is treated as unknown: it
/// changes no first or last time, and a value it sets is older than every value with a known time.
/// </summary>
public static class EventTime
{
    /// <summary>Represents an unknown time.</summary>
    public static readonly DateTime Unknown = DateTime.UnixEpoch;

    private static readonly DateTime Earliest = new(1971, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Latest = new(2200, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static DateTime Of(Event e) => Known(e.timestamp);

    /// <summary>The time if it is plausible, else <see cref="Unknown"/>.</summary>
    public static DateTime Known(DateTime time) => time >= Earliest && time < Latest ? time : Unknown;

    /// <summary>The time if it is plausible, else null.</summary>
    public static DateTime? Known(DateTime? time) => time is { } t && Known(t) != Unknown ? t : null;

    public static DateTime Earlier(DateTime a, DateTime b) => a == Unknown || (b != Unknown && b < a) ? b : a;

    public static DateTime Later(DateTime a, DateTime b) => a >= b ? a : b;
}
