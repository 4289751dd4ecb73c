using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Cdp.Ingestion.Sources;

/// <summary>Finds the source that a write key belongs to. Only hashes are held, and every one is compared in constant time.</summary>
public sealed class WriteKeys
{
    private readonly (SourceOptions Source, byte[] Hash)[] _sources;

    public WriteKeys(IEnumerable<SourceOptions> sources) => _sources = [.. sources.Select(source => (source, Convert.FromHexString(source.WriteKeyHash)))];

    public SourceOptions? Find(string writeKey)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(writeKey), hash);
        SourceOptions? found = null;
        // No early end: how long it takes must not tell which source, if any, it was.
        foreach (var (source, expected) in _sources)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, expected)) found = source;
        }
        return found;
    }

    /// <summary>The write key of an Authorization header: the user of Basic authentication; a password is not looked at. Null where it has none.</summary>
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
