using System.Text.RegularExpressions;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Canonical.Unicode;
using PhoneNumbers;

namespace Cdp.Identifiers.Types;

/// <summary>How the values of a type are normalised, in addition to <see cref="CanonicalIdentifier"/>.</summary>
public enum Normalisation
{
    /// <summary>No further normalisation; case-sensitive.</summary>
    None,

    /// <summary>The same as <see cref="None"/>, because the canonical form is trimmed. Kept for configurations that name it.</summary>
    Trim,

    /// <summary>Lower case.</summary>
    Lower,

    /// <summary>An email address in lower case, its domain in Unicode.</summary>
    Email,

    /// <summary>A valid phone number in E.164, such as +43123456.</summary>
    Phone,
}

/// <summary>Normalises values.</summary>
internal static partial class Normaliser
{
    private const int MaxEmailLength = 254;

    /// <summary>The normalised value, or null if it is invalid.</summary>
    /// <param name="value">The value in the form of <see cref="CanonicalIdentifier"/>.</param>
    /// <param name="normalisation">The normalisation of the type.</param>
    /// <param name="region">ISO 3166 code of the country for phone numbers without a country code. If it is null, such numbers are invalid.</param>
    public static string? Normalise(string value, Normalisation normalisation, string? region) => normalisation switch
    {
        Normalisation.None or Normalisation.Trim => value,
        Normalisation.Lower => ToLower(value),
        Normalisation.Email => Email(value),
        _ => Phone(value, region),
    };

    // The lower-case form of some letters composes differently.
    private static string ToLower(string value) => Nfc.Of(value.ToLowerInvariant());

    private static string? Email(string value)
    {
        var at = value.LastIndexOf('@');
        if (value.Length > MaxEmailLength || at < 0) return null;
        var address = ToLower(value[..(at + 1)]) + DomainName.Of(value[(at + 1)..]);
        return EmailPattern().IsMatch(address) ? address : null;
    }

    private static string? Phone(string value, string? region)
    {
        try
        {
            var numbers = PhoneNumberUtil.GetInstance();
            var number = numbers.Parse(value, region);
            // People behind one switchboard are different people, and impossible numbers are entered by many people.
            return !number.HasExtension && numbers.IsValidNumber(number) ? numbers.Format(number, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex EmailPattern();
}
