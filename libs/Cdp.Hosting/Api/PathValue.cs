namespace Cdp.Hosting.Api;

/// <summary>Reads the value of an identifier from a path. The value may contain anything: a slash, a percent sign, a space.</summary>
public static class PathValue
{
    /// <summary>
    /// The value, decoded from the request line. The server decodes a path but leaves an escaped slash as it is, so <c>%2F</c> in its result may stand for
    /// a slash or for the three characters themselves; the request line is unambiguous.
    /// </summary>
    /// <param name="target">The request target, such as <c>/v1/identity/email/ada%40x.org?…</c>.</param>
    /// <param name="before">The path before the type of the identifier, such as <c>/v1/identity/</c>.</param>
    /// <param name="decoded">The value as the server has decoded it; returned if the request target has another form.</param>
    public static string Of(string target, string before, string decoded)
    {
        var path = target.AsSpan(0, target.IndexOf('?') is >= 0 and var query ? query : target.Length);
        if (!path.StartsWith(before, StringComparison.OrdinalIgnoreCase)) return decoded;
        var typeAndValue = path[before.Length..];
        return typeAndValue.IndexOf('/') is > 0 and var slash ? Uri.UnescapeDataString(typeAndValue[(slash + 1)..]) : decoded;
    }
}
