using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Webhooks;

/// <summary>Verifies that a webhook comes from its sender and is not a replay of an old one. Secrets and signatures are compared in constant time.</summary>
public static class Verifier
{
    // The last second of the year 9999, the largest that DateTime supports.
    private const long LastSecond = 253_402_300_799;

    /// <param name="verification">The scheme of the source.</param>
    /// <param name="header">Returns the value of a header; null if it is missing.</param>
    /// <param name="parameter">Returns the value of a query parameter; null if it is missing.</param>
    /// <param name="body">The body before any Content-Encoding was applied, which is what senders sign.</param>
    /// <param name="now">The current time in UTC.</param>
    /// <returns>Why the request is refused; null if it is genuine.</returns>
    public static Rejection? Verify(
        Verification verification, Func<string, string?> header, Func<string, string?> parameter, ReadOnlySpan<byte> body, DateTime now)
    {
        switch (verification.Scheme)
        {
            case Scheme.None:
                return null;
            case Scheme.Secret:
                return VerifySecret(verification, header, parameter);
            case Scheme.GitHub:
                return Signed(verification, header, "X-Hub-Signature-256", text => [FromHex(text, "sha256=")], [], body);
            case Scheme.Shopify:
                return Signed(verification, header, "X-Shopify-Hmac-Sha256", text => [FromBase64(text)], [], body);
            case Scheme.Stripe:
                var moment = Parts(header("Stripe-Signature"), "t").FirstOrDefault();
                ReadOnlySpan<byte> prefix = [.. Bytes(moment), .. "."u8];
                return Signed(verification, header, "Stripe-Signature", text => [.. Parts(text, "v1").Select(part => FromHex(part, ""))], prefix, body)
                    ?? Stale(verification, Seconds(moment), now);
            case Scheme.Slack:
                var seconds = header("X-Slack-Request-Timestamp");
                return Signed(verification, header, "X-Slack-Signature", text => [FromHex(text, "v0=")], [.. "v0:"u8, .. Bytes(seconds), .. ":"u8], body)
                    ?? Stale(verification, Seconds(seconds), now);
            case Scheme.Zendesk:
                var time = header("X-Zendesk-Webhook-Signature-Timestamp");
                return Signed(verification, header, "X-Zendesk-Webhook-Signature", text => [FromBase64(text)], Bytes(time), body)
                    ?? Stale(verification, Iso(time), now);
            default:
                throw new ArgumentOutOfRangeException(nameof(verification), verification.Scheme, null);
        }
    }

    private static Rejection? Signed(
        Verification verification,
        Func<string, string?> header,
        string name,
        Func<string, IReadOnlyList<byte[]>> read,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> body)
    {
        if (header(name) is not { Length: > 0 } text) return Rejection.NoSignature(name);
        var signatures = read(text);
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        var isGenuine = false;
        // No early exit: the duration must not reveal which secret or signature matched.
        foreach (var secret in verification.Secrets)
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
            hmac.AppendData(prefix);
            hmac.AppendData(body);
            hmac.GetHashAndReset(expected);
            foreach (var signature in signatures) isGenuine |= CryptographicOperations.FixedTimeEquals(signature, expected);
        }
        return isGenuine ? null : Rejection.BadSignature(name);
    }

    // Checked after the signature, because an unsigned time means nothing. A request without a readable time is not fresh.
    private static Rejection? Stale(Verification verification, DateTime? signed, DateTime now) =>
        signed is { } time && (now - time).Duration() <= verification.Tolerance ? null : Rejection.StaleSignature(verification.Tolerance);

    private static Rejection? VerifySecret(Verification verification, Func<string, string?> header, Func<string, string?> parameter)
    {
        var (place, sent) = verification switch
        {
            { SecretHeader: { } name } => ($"the header {name}", Bare(header(name))),
            { SecretParameter: { } name } => ($"the query parameter {name}", parameter(name)),
            _ => ("the password of Basic authentication", Password(header("Authorization"))),
        };
        if (string.IsNullOrEmpty(sent)) return Rejection.NoSecret(place);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(sent));
        var isRight = false;
        // Hashes all have the same length, so the duration does not reveal the length of the secret.
        foreach (var secret in verification.Secrets) isRight |= CryptographicOperations.FixedTimeEquals(hash, SHA256.HashData(secret));
        return isRight ? null : Rejection.BadSecret(place);
    }

    private static string? Bare(string? value) =>
        value?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) == true ? value["Bearer ".Length..].Trim() : value;

    private static string? Password(string? authorization)
    {
        const string Basic = "Basic ";
        if (authorization?.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) != true) return null;
        var credentials = Encoding.UTF8.GetString(FromBase64(authorization[Basic.Length..]));
        return credentials.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? credentials[(colon + 1)..] : null;
    }

    // An invalid signature becomes an empty one, which never matches.
    private static byte[] FromHex(string text, string prefix)
    {
        var digits = text.StartsWith(prefix, StringComparison.Ordinal) ? text.AsSpan(prefix.Length) : [];
        var bytes = new byte[SHA256.HashSizeInBytes];
        return digits.Length == 2 * bytes.Length && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : [];
    }

    private static byte[] FromBase64(string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text.Trim());
        if (!Base64.IsValid(encoded, out var length)) return [];
        var bytes = new byte[length];
        return Base64.DecodeFromUtf8(encoded, bytes, out _, out var written) == System.Buffers.OperationStatus.Done ? bytes[..written] : [];
    }

    private static IEnumerable<string> Parts(string? text, string key) => (text ?? "").Split(',', StringSplitOptions.TrimEntries)
        .Where(part => part.StartsWith(key + "=", StringComparison.Ordinal)).Select(part => part[(key.Length + 1)..]);

    private static byte[] Bytes(string? text) => Encoding.UTF8.GetBytes(text ?? "");

    private static DateTime? Seconds(string? text)
    {
        var isInRange = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= LastSecond;
        return isInRange ? DateTime.UnixEpoch.AddSeconds(seconds) : null;
    }

    private static DateTime? Iso(string? text) =>
        DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
