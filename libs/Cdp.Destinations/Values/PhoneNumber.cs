using PhoneNumbers;

namespace Cdp.Destinations.Values;

/// <summary>Phone numbers in the international form E.164 (ITU-T), such as +43123456789, by the rules of libphonenumber.</summary>
internal static class PhoneNumber
{
    private static readonly PhoneNumberUtil Numbers = PhoneNumberUtil.GetInstance();

    /// <summary>Whether this is the ISO 3166 code of a region that has phone numbers.</summary>
    public static bool IsRegion(string region) => Numbers.GetSupportedRegions().Contains(region);

    /// <summary>The number; null if it is not valid.</summary>
    /// <param name="number">As a person writes it.</param>
    /// <param name="region">The ISO 3166 code of the region of a number without a country code; null: such a number is not valid.</param>
    public static string? E164(string number, string? region)
    {
        try
        {
            var parsed = Numbers.Parse(number, region);
            return Numbers.IsValidNumber(parsed) ? Numbers.Format(parsed, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }
}
