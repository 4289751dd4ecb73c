using System.Security.Cryptography;
using System.Text;

namespace Cdp.Hosting.Api;

/// <summary>The tokens that an API accepts. Only their hashes are kept, and every comparison takes constant time.</summary>
public sealed class ApiTokens(IEnumerable<string> hashes)
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes = [.. hashes.Select(Convert.FromHexString)];

    /// <summary>Whether the API accepts a token.</summary>
    public bool IsKnown(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        var isKnown = false;
        // No early exit: the time taken must not reveal which token matched, if any.
        foreach (var known in _hashes) isKnown |= CryptographicOperations.FixedTimeEquals(hash, known);
        return isKnown;
    }

    /// <summary>The token of an Authorization header (RFC 6750, section 2.1); null if it has none.</summary>
    public static string? FromBearer(string? authorization)
    {
        if (authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) != true) return null;
        return authorization[Scheme.Length..].Trim() is { Length: > 0 } token ? token : null;
    }

    /// <summary>The SHA-256 of a token as the configuration contains it: 64 hexadecimal digits.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    internal static bool IsHash(string text) => text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit);
}
