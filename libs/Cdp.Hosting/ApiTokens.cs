using System.Security.Cryptography;
using System.Text;

namespace Cdp.Hosting;

/// <summary>Knows a token by its hash. Only hashes are held, and every one is compared in constant time.</summary>
public sealed class ApiTokens(IEnumerable<string> hashes)
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes = [.. hashes.Select(Convert.FromHexString)];

    public bool IsKnown(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        var isKnown = false;
        // No early end: how long it takes must not tell which token, if any, it was.
        foreach (var known in _hashes) isKnown |= CryptographicOperations.FixedTimeEquals(hash, known);
        return isKnown;
    }

    /// <summary>The token of an Authorization header; null where it has none (RFC 6750, section 2.1).</summary>
    public static string? FromBearer(string? authorization) =>
        authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true && authorization[Scheme.Length..].Trim() is { Length: > 0 } token ? token : null;

    /// <summary>What the configuration keeps of a token: its SHA-256, 64 hexadecimal digits.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    internal static bool IsHash(string text) => text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit);
}
