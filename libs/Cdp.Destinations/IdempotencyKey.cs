using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Destinations;

/// <summary>
/// The key by which a destination recognizes an event that it has already received: the same for every attempt, across restarts and merges of profiles, and
/// different for each destination.
/// </summary>
public static class IdempotencyKey
{
    /// <summary>
    /// 32 hexadecimal digits: the first 128 bits of SHA-256(destination, source, messageId), each followed by NUL, and by the action and NUL if it has a name.
    /// A messageId is unique within its source.
    /// </summary>
    public static string Of(string destinationId, Event envelope, string action = "")
    {
        var suffix = action.Length == 0 ? "" : $"{action}\0";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{destinationId}\0{envelope.sourceId}\0{envelope.messageId}\0{suffix}"));
        return Convert.ToHexStringLower(hash.AsSpan(0, 16));
    }
}
