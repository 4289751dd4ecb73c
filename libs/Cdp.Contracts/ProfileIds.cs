using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Contracts;

/// <summary>
/// The profile id that an identifier implies: a keyed hash of (type, value), so that an anonymous visitor needs no coordination, and the id reveals nothing
/// about the identifier. Every service that reads or writes profiles must have the same key.
/// </summary>
public sealed class ProfileIds(string key)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);

    /// <summary>26 characters of lower-case base 32: the first 128 bits of HMAC-SHA256(key, type, NUL, value).</summary>
    public string Implied(Identifier identifier)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{identifier.type}\0{identifier.value}"), hash);
        return Base32(hash[..16]);
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
        var text = new StringBuilder(26);
        var (buffer, bits) = (0, 0);
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5) text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= 0xff;
        }
        return text.Append(Alphabet[(buffer << (5 - bits)) & 31]).ToString();
    }
}
