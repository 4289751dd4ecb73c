using System.Globalization;
using System.Text;

namespace Cdp.Destinations.Values;

/// <summary>
/// How a time is written: one of the names <c>iso8601</c>, <c>unix_seconds</c>, <c>unix_milliseconds</c> and <c>unix_microseconds</c>, or a pattern of
/// YYYY, MM, DD, HH, mm, ss and SSS with other characters between them. The letters T and Z, and all characters that are not letters, are written
/// as they are. Times are in UTC.
/// </summary>
internal sealed class DateFormat
{
    private static readonly Dictionary<string, Func<DateTime, Datum>> Named = new()
    {
        ["iso8601"] = time => Text(time, "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'"),
        ["unix_seconds"] = time => Since1970(time, TimeSpan.TicksPerSecond),
        ["unix_milliseconds"] = time => Since1970(time, TimeSpan.TicksPerMillisecond),
        ["unix_microseconds"] = time => Since1970(time, TimeSpan.TicksPerMicrosecond),
    };

    private static readonly (string Token, string Format)[] Tokens =
        [("YYYY", "yyyy"), ("SSS", "fff"), ("MM", "MM"), ("DD", "dd"), ("HH", "HH"), ("mm", "mm"), ("ss", "ss")];

    private readonly Func<DateTime, Datum> _write;

    private DateFormat(Func<DateTime, Datum> write) => _write = write;

    /// <returns>Null for a format that is not valid.</returns>
    public static DateFormat? Read(string format)
    {
        if (Named.TryGetValue(format, out var write)) return new DateFormat(write);
        var pattern = new StringBuilder();
        var found = false;
        for (var i = 0; i < format.Length;)
        {
            var token = Tokens.FirstOrDefault(token => string.CompareOrdinal(format, i, token.Token, 0, token.Token.Length) == 0);
            if (token.Token is null && char.IsLetter(format[i]) && format[i] is not ('T' or 'Z')) return null;
            found |= token.Token is not null;
            pattern.Append(token.Format ?? $"\\{format[i]}");
            i += token.Token?.Length ?? 1;
        }
        var text = pattern.ToString();
        return found ? new DateFormat(time => Text(time, text)) : null;
    }

    public Datum Write(DateTime time) => _write(time);

    private static Datum Text(DateTime time, string format) => Datum.Of(time.ToString(format, CultureInfo.InvariantCulture));

    private static Datum Since1970(DateTime time, long unit) => Datum.Of(Math.Floor((time - DateTime.UnixEpoch).Ticks / (double)unit));
}
