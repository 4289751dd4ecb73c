using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Cdp.Destinations.Values;

/// <summary>The form in which advertising platforms accept personal data: the SHA-256 of the trimmed value in lower case, as 64 hexadecimal digits.</summary>
internal static partial class Sha256Hex
{
    /// <summary>
    /// The hash. A value that is already 64 hexadecimal digits counts as hashed and is kept. A blank value becomes empty, so that its hash is not taken for a
    /// person's.
    /// </summary>
    public static string Of(string value)
    {
        var trimmed = value.Trim();
        if (trimmed.Length == 0) return "";
        if (Hashed().IsMatch(trimmed)) return trimmed;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(trimmed.ToLowerInvariant())));
    }

    [GeneratedRegex(@"^[0-9a-fA-F]{64}\z")]
    private static partial Regex Hashed();
}
