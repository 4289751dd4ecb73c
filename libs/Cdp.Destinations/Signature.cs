using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cdp.Destinations;

/// <summary>
/// Proves to a receiver who sent a body and when it was sent: <c>t=UNIX_SECONDS,v1=HEX</c>, where HEX is the HMAC-SHA256 of <c>t.body</c> with the shared
/// secret. A receiver recomputes it from the bytes as received, and rejects a t that is too old.
/// </summary>
public static class Signature
{
    /// <summary>The name of the HTTP header.</summary>
    public const string Header = "X-Cdp-Signature";

    /// <summary>The value of the header for a body.</summary>
    public static string Sign(string secret, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={seconds},v1={Convert.ToHexStringLower(Mac(secret, seconds, body))}";
    }

    /// <summary>
    /// Whether a header value is a valid signature of a body, made no longer ago than the tolerance. Takes the same time for every wrong signature.
    /// </summary>
    public static bool Verify(string secret, string header, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan tolerance)
    {
        if (header.Split(',') is not [['t', '=', .. var seconds], ['v', '1', '=', .. var hex]]) return false;
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var sent)) return false;
        if (Math.Abs(now.ToUnixTimeSeconds() - sent) > tolerance.TotalSeconds) return false;
        var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(Mac(secret, seconds, body)));
        return CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(hex));
    }

    private static byte[] Mac(string secret, string seconds, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        mac.AppendData(Encoding.ASCII.GetBytes($"{seconds}."));
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
