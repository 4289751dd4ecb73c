using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Cdp.Validation.Schemas;

/// <summary>
/// The formats that a schema can require. Checking one takes time linear in the length of the text: no pattern can match the same characters in two ways.
/// </summary>
public static partial class Formats
{
    private static readonly Dictionary<string, Func<string, bool>> All = new(StringComparer.Ordinal)
    {
        ["date-time"] = IsDateTime,
        ["date"] = IsDate,
        ["time"] = text => Time().IsMatch(text),
        ["email"] = text => Email().IsMatch(text),
        ["hostname"] = text => text.Length <= 255 && Uri.CheckHostName(text) == UriHostNameType.Dns,
        ["ipv4"] = text => Ipv4().IsMatch(text) && IPAddress.TryParse(text, out _),
        ["ipv6"] = text => Ipv6().IsMatch(text) && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6,
        // The scheme is checked first, because .NET accepts a file path as a URI if the operating system has such paths.
        ["uri"] = text => Scheme().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out _),
        ["uuid"] = text => Guid.TryParseExact(text, "D", out _),
        ["guid"] = text => Guid.TryParse(text, out _),
        ["byte"] = text => Base64.IsValid(text),
        ["base64"] = text => Base64.IsValid(text),
        ["duration"] = text => Duration().IsMatch(text) && !text.EndsWith('P') && !text.EndsWith('T'),
        ["time-span"] = text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _),
    };

    public static IEnumerable<string> Names => All.Keys;

    /// <summary>Null if there is no format of that name.</summary>
    public static Func<string, bool>? Find(string name) => All.GetValueOrDefault(name);

    private static bool IsDate(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    // RFC 3339, except that the seconds and the offset may be missing, because databases often leave them out.
    private static bool IsDateTime(string text)
    {
        const int dateLength = 10;
        if (text.Length <= dateLength) return IsDate(text);
        return text[dateLength] is 'T' or 't' or ' ' && IsDate(text[..dateLength]) && Time().IsMatch(text[(dateLength + 1)..]);
    }

    [GeneratedRegex(@"^([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]+)?)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?\z")]
    private static partial Regex Time();

    [GeneratedRegex(@"^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+\z")]
    private static partial Regex Email();

    [GeneratedRegex(@"^((0|[1-9][0-9]{0,2})\.){3}(0|[1-9][0-9]{0,2})\z")]
    private static partial Regex Ipv4();

    [GeneratedRegex(@"^[0-9A-Fa-f:.]{2,45}\z")]
    private static partial Regex Ipv6();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]*:")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^P([0-9]+W|([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?)\z")]
    private static partial Regex Duration();
}
