using System.Globalization;

namespace Cdp.Chaos.People;

/// <summary>Notations that real systems send. Unless stated otherwise, they mean the same as the plain form.</summary>
public static class Notations
{
    private const int TicksPerMillisecond = 10_000;

    /// <summary>Notations of a time, precise to the millisecond.</summary>
    public static readonly IReadOnlyList<Func<DateTime, string>> Times =
    [
        // Postgres, BigQuery, Snowflake and Ruby, SQL Server, Go.
        time => Notation.In(time, "yyyy-MM-dd HH:mm:ss.fff+00"),
        time => Notation.In(time, "yyyy-MM-dd HH:mm:ss.fff UTC"),
        time => Notation.In(time, "yyyy-MM-dd HH:mm:ss.fff +0000"),
        time => Notation.In(time, "yyyy-MM-dd HH:mm:ss.fffffff +00:00"),
        time => Notation.In(time, "yyyy-MM-dd HH:mm:ss.fff +0000 UTC"),
        // Variants of RFC 3339.
        time => Notation.In(time, "yyyy-MM-dd't'HH:mm:ss.fff'z'"),
        time => Notation.In(time.AddHours(2), "yyyy-MM-ddTHH:mm:ss.fff+02:00"),
        // Milliseconds and seconds since 1970.
        time => ((time - DateTime.UnixEpoch).Ticks / TicksPerMillisecond).ToString(CultureInfo.InvariantCulture),
        time => ((time - DateTime.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerSecond).ToString("0.000", CultureInfo.InvariantCulture),
    ];

    /// <summary>Implausible values of sentAt: before the event, long after it, or far from any possible time. All are ignored.</summary>
    public static readonly IReadOnlyList<Func<DateTime, string>> ImplausibleSentAt =
    [
        _ => "\"0001-01-01T00:00:00Z\"",
        _ => "\"1970-01-01T00:00:00Z\"",
        time => Notation.Iso(time.AddDays(-1)),
        time => Notation.Iso(time.AddDays(45)),
        _ => "\"2999-12-31T23:59:59Z\"",
    ];

    /// <summary>Unreadable or implausible times.</summary>
    public static readonly IReadOnlyList<string> InvalidTimes =
        ["\"0001-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"", "\"2999-12-31T23:59:59Z\"", "\"yesterday\"", "\"2025-02-30T00:00:00Z\"", "20250601"];

    /// <summary>Documented placeholders, which identify nobody.</summary>
    public static readonly IReadOnlyList<string> Placeholders =
    [
        "[object Object]", "NaN", "None", "nil", "N/A", "true", "FALSE", "(null)", "<null>", "\"null\"", "'undefined'", "{}", "[]", "\\N", "guest",
        "distinct_id", "id", "not_authenticated", "(not set)", "{{userId}}", "0.0", "{00000000-0000-0000-0000-000000000000}",
    ];

    /// <summary>Notations of a whole number of up to 15 digits.</summary>
    public static IReadOnlyList<string> Numbers(string digits)
    {
        var scientific = $"{digits[0]}.{digits[1..]}e{digits.Length - 1}";
        return [digits, $"{digits}.0", scientific, $"\"{digits}.0\"", $"\"{scientific}\"", $"\" {digits}\""];
    }

    /// <summary>Notations of a string surrounded by white space or invisible characters.</summary>
    public static IReadOnlyList<string> Padded(string text) =>
        [$"\" {text}\"", $"\"\\t{text}\\r\\n\"", $"\"{text}\\u200b\"", $"\"{text}\\u00a0\"", $"\"\\ufeff{text} \""];
}
