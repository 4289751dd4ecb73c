using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>A format that a string must have: the formats of JSON Schema, and <c>date-like</c> of Segment's destinations.</summary>
/// <param name="Name">The name in a schema.</param>
/// <param name="Matches">Whether a string has the format.</param>
internal sealed partial record TextFormat(string Name, Func<string, bool> Matches)
{
    private const int MaxEmail = 254;

    private static readonly string[] Times = ["HH:mm:ss.FFFFFFF", "HH:mm:ss.FFFFFFFK"];

    private static readonly string[] DateTimes = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd't'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK"];

    private static readonly TextFormat[] All =
    [
        new("email", text => text.Length <= MaxEmail && Email().IsMatch(text)),
        new("uri", text => AbsoluteUri().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out _)),
        new("uri-reference", text => UriReference().IsMatch(text) && Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _)),
        new("date", text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)),
        new("time", text => IsTime(text, Times)),
        new("date-time", text => IsTime(text, DateTimes)),
        new("date-like", text => DateValue.Of(Datum.Of(text)) is not null),
        new("hostname", text => text.Length <= 254 && Hostname().IsMatch(text)),
        new("ipv4", text => Ipv4().IsMatch(text)),
        new("ipv6", text => text.Contains(':', StringComparison.Ordinal) && Ipv6Characters().IsMatch(text) && IPAddress.TryParse(text, out _)),
        new("uuid", text => Guid.TryParseExact(text.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase) ? text[9..] : text, "D", out _)),
        new("text", _ => true),
        new("password", _ => true),
    ];

    public static readonly IReadOnlyDictionary<string, TextFormat> ByName = All.ToDictionary(format => format.Name);

    private static bool IsTime(string text, string[] formats) =>
        DateTimeOffset.TryParseExact(text.Replace('z', 'Z'), formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);

    // RFC 5321's dot-string and domain, with at least two labels.
    [GeneratedRegex(@"^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d](?:[a-z\d-]*[a-z\d])?\z", Ascii)]
    private static partial Regex Email();

    // RFC 3986: a scheme, then characters that a URI may contain.
    [GeneratedRegex(@"^[a-z][a-z\d+.-]*:[\w:/?#\[\]@!$&'()*+,;=%.~-]+\z", Ascii)]
    private static partial Regex AbsoluteUri();

    [GeneratedRegex(@"^[\w:/?#\[\]@!$&'()*+,;=%.~-]*\z", Ascii)]
    private static partial Regex UriReference();

    // RFC 1123: labels of letters, digits and inner hyphens, up to 63 characters each.
    [GeneratedRegex(@"^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*\.?\z", Ascii)]
    private static partial Regex Hostname();

    [GeneratedRegex(@"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\z)|\z)){4}\z", Ascii)]
    private static partial Regex Ipv4();

    [GeneratedRegex(@"^[\da-f:.]+\z", Ascii)]
    private static partial Regex Ipv6Characters();

    private const RegexOptions Ascii = RegexOptions.IgnoreCase | RegexOptions.ECMAScript;
}
