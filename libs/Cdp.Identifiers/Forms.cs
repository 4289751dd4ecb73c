using System.Text.RegularExpressions;
using PhoneNumbers;

namespace Cdp.Identifiers;

/// <summary>Brings values into the form in which they are kept.</summary>
internal static partial class Forms
{
    private const int LongestEmail = 254;

    /// <summary>Null where the value is not what the form calls for.</summary>
    /// <param name="value">As sent.</param>
    /// <param name="form">The type's.</param>
    /// <param name="region">Where a telephone number without a country's code is; null: nowhere, and so it is none.</param>
    public static string? Normalised(string value, Form form, string? region) => form switch
    {
        Form.None => value,
        Form.Trim => value.Trim(),
        Form.Lower => value.Trim().ToLowerInvariant(),
        Form.Email => Email(value.Trim().ToLowerInvariant()),
        _ => Phone(value, region),
    };

    private static string? Email(string address) => address.Length <= LongestEmail && LooksLikeAnAddress().IsMatch(address) ? address : null;

    private static string? Phone(string value, string? region)
    {
        try
        {
            var numbers = PhoneNumberUtil.GetInstance();
            var number = numbers.Parse(value, region);
            // Whoever shares a switchboard is not one person, and a number that cannot be is what many make up.
            return !number.HasExtension && numbers.IsValidNumber(number) ? numbers.Format(number, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$", RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeAnAddress();
}
