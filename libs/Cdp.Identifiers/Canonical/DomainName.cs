using System.Globalization;
using Cdp.Identifiers.Canonical.Unicode;

namespace Cdp.Identifiers.Canonical;

/// <summary>The canonical form of an internationalised domain name: Unicode, lower case, NFC. <c>xn--mnchen-3ya.de</c> becomes <c>münchen.de</c>.</summary>
internal static class DomainName
{
    private const string EncodedPrefix = "xn--";

    private static readonly IdnMapping Idn = new();

    // RFC 3490, section 3.1: these separate labels like a full stop.
    private static readonly char[] Dots = ['\u3002', '\uFF0E', '\uFF61'];

    public static string Of(string domain)
    {
        foreach (var dot in Dots) domain = domain.Replace(dot, '.');
        domain = ToLower(domain);
        return domain.Contains(EncodedPrefix, StringComparison.Ordinal) ? string.Join('.', domain.Split('.').Select(Decode)) : domain;
    }

    // A label stays encoded if normalising the decoded text again would change it, or if the decoded text contains a replacement character, which would make
    // different labels equal.
    private static string Decode(string label)
    {
        if (!label.StartsWith(EncodedPrefix, StringComparison.Ordinal)) return label;
        try
        {
            var decoded = ToLower(Idn.GetUnicode(label));
            return Idn.GetAscii(decoded) == label && IsStable(decoded) ? decoded : label;
        }
        catch (ArgumentException)
        {
            return label;
        }
    }

    private static bool IsStable(string decoded) => CanonicalIdentifier.Of(decoded) == decoded && decoded.IndexOfAny([.. Dots, '\uFFFD']) < 0;

    private static string ToLower(string text) => Nfc.Of(text.ToLowerInvariant());
}
