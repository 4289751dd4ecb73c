using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Cdp.Ingestion.Sources;

/// <summary>Finds the source that a write key belongs to. Only hashes are kept in memory, and all are compared in constant time.</summary>
public sealed class WriteKeys
{
    private readonly (Source Source, byte[] Hash)[] _keys;

    public WriteKeys(IEnumerable<Source> sources) => _keys = [.. sources.SelectMany(source => source.WriteKeyHashes.Select(hash => (source, hash)))];

    public Source? Find(string writeKey)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(writeKey), hash);
        Source? found = null;
        // No early exit: the duration must not reveal which source matched, if any.
        foreach (var (source, expected) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, expected)) found = source;
        }
        return found;
    }

    /// <summary>The SHA-256 of a write key as 64 hexadecimal digits, as written in a source's file.</summary>
    public static string Hash(string writeKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(writeKey)));

    /// <summary>The write key in an Authorization header: the user name of Basic authentication. The password is ignored. Null if there is none.</summary>
    public static string? FromBasic(string authorization)
    {
        const string Scheme = "Basic ";
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var encoded = Encoding.ASCII.GetBytes(authorization[Scheme.Length..].Trim());
        if (!Base64.IsValid(encoded, out var length)) return null;
        var decoded = new byte[length];
        Base64.DecodeFromUtf8(encoded, decoded, out _, out var written);
        var user = Encoding.UTF8.GetString(decoded, 0, written);
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        var key = colon < 0 ? user : user[..colon];
        return key.Length == 0 ? null : key;
    }
}
